package io.capoflow.worlds.lessons;

import java.util.Optional;

/** An endless course, the same every time it is taken. Thread-safe. */
public interface Lessons {
  /**
   * One lesson.
   *
   * @param index from 0
   */
  Lesson at(int index);

  /**
   * The tokenizer that a model has which starts from nothing; empty where the course has none, and
   * teaches only models that have their own.
   */
  Optional<NewTokenizer> tokenizer();
}
