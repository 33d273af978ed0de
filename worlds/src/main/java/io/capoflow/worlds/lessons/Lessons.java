package io.capoflow.worlds.lessons;

import java.nio.file.Path;

/** An endless course, the same every time it is taken. Thread-safe. */
public interface Lessons {
  /**
   * One lesson.
   *
   * @param index from 0
   */
  Lesson at(int index);

  /** Writes the tokenizer of a model that starts from nothing into a checkpoint directory. */
  void writeTokenizer(Path directory);

  /** Token that opens a prompt, in that tokenizer. */
  int bosTokenId();

  /** Token that ends a completion. */
  int eosTokenId();

  /** Token that fills rows up. */
  int padTokenId();
}
