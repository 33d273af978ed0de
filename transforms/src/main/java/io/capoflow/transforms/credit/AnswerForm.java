package io.capoflow.transforms.credit;

/**
 * What the format reward pays for: exactly one {@code \boxed{…}}, closed, not empty, with nothing
 * after it but blanks, mathematics' closing marks and a full stop.
 */
final class AnswerForm {
  private static final String BOX = "\\boxed{";

  private AnswerForm() {}

  static boolean isOneFinalBox(String response) {
    int box = response.indexOf(BOX);
    if (box < 0 || box != response.lastIndexOf(BOX)) {
      return false;
    }
    int content = box + BOX.length();
    int depth = 1;
    int position = content;
    while (position < response.length() && depth > 0) {
      switch (response.charAt(position)) {
        case '\\' -> position++;
        case '{' -> depth++;
        case '}' -> depth--;
        default -> {}
      }
      position++;
    }
    return depth == 0
        && position <= response.length()
        && !response.substring(content, position - 1).isBlank()
        && isClosing(response.substring(position));
  }

  private static boolean isClosing(String rest) {
    return rest.replace("\\]", "").replace("\\)", "").replace("$", "").replace(".", "").isBlank();
  }
}
