package io.capoflow.models.jinja;

/**
 * A piece of a template.
 *
 * @param text of a string its value, of anything else how it is written
 * @param line where it begins, from 1
 */
record Token(Kind kind, String text, int line) {
  /** What a token is. */
  enum Kind {
    /** Outside all tags. */
    TEXT,
    OUTPUT_BEGIN,
    OUTPUT_END,
    BLOCK_BEGIN,
    BLOCK_END,
    NAME,
    STRING,
    INTEGER,
    OPERATOR,
    END
  }

  boolean is(Kind kind, String text) {
    return this.kind == kind && this.text.equals(text);
  }

  /** As messages call it. */
  String shown() {
    return switch (kind) {
      case END -> "the template's end";
      case OUTPUT_END -> "}}";
      case BLOCK_END -> "%}";
      case TEXT, OUTPUT_BEGIN, BLOCK_BEGIN, NAME, STRING, INTEGER, OPERATOR ->
          text.length() > 40 ? text.substring(0, 40) + "…" : text;
    };
  }
}
