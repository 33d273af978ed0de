package io.capoflow.runners.cli;

/** A command that reads a recipe: its help ends with the recipe's keys. */
interface RecipeReader {
  /** Every key with its default and meaning, a line each. */
  String keys();
}
