package io.capoflow.worlds.lessons;

import java.nio.file.Path;

/** The tokenizer of a model that starts from nothing. Thread-safe. */
public interface NewTokenizer {
  /** Writes its files into a checkpoint directory. */
  void write(Path directory);

  /** Token that opens a prompt. */
  int bosTokenId();

  /** Token that ends a completion. */
  int eosTokenId();

  /** Token that fills rows up. */
  int padTokenId();
}
