package io.capoflow.settings.binding;

/**
 * A scalar as it stands in a recipe.
 *
 * @param quoted whether it was written in quotes or as a block: then it is text, never a number
 */
record RawScalar(String text, boolean quoted) {
  private static final int LONGEST_SHOWN = 60;

  /** As an error shows it, on one line. */
  String shown() {
    String line = text.replace("\n", "\\n").replace("\r", "\\r");
    String cut = line.length() <= LONGEST_SHOWN ? line : line.substring(0, LONGEST_SHOWN) + "…";
    return quoted || cut.isEmpty() ? '"' + cut + '"' : cut;
  }
}
