package io.capoflow.transforms.storage;

import io.capoflow.schemas.Digests;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A JSON file that can tell whether it is as it was written: its top-level field {@code checksum}
 * holds the SHA-256 of the file's text with that field empty. Over the text rather than the record:
 * a field that a later version adds leaves what was written before provable.
 */
public enum SelfChecked {
  /** The text is the one that was written. */
  HOLDS,
  /** The text is another than the one that was written. */
  BROKEN,
  /** There is no checksum: older code wrote the file. */
  NOT_RECORDED;

  /** Two blanks: a field of an object within is indented by more. */
  private static final Pattern FIELD =
      Pattern.compile("^ {2}\"checksum\" : \"([^\"]*)\"", Pattern.MULTILINE);

  /** What the text of a file says of itself. */
  static SelfChecked of(String text) {
    Matcher field = FIELD.matcher(text);
    if (!field.find() || field.group(1).isEmpty()) {
      return NOT_RECORDED;
    }
    String unsigned = text.substring(0, field.start(1)) + text.substring(field.end(1));
    return checksum(unsigned).equals(field.group(1)) ? HOLDS : BROKEN;
  }

  /** What belongs into the field of a text in which it is empty. */
  static String checksum(String unsigned) {
    return Digests.ofBytes(unsigned.getBytes(StandardCharsets.UTF_8));
  }
}
