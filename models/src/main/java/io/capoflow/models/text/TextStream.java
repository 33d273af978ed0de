package io.capoflow.models.text;

import java.util.Arrays;

/**
 * The text of tokens that come one by one, as inference servers stream it: linear in their number.
 * Not thread-safe.
 *
 * <p>A token is decoded in a window that opens one finished piece before it, which is right for
 * decoders that treat a sequence's first token differently, since only the very first window opens
 * at the sequence's start.
 */
public final class TextStream {
  private final HfTokenizer tokenizer;
  private int[] ids = new int[64];
  private int count;
  private int windowStart;
  private int finishedTokens;
  private String before = "";
  private String added = "";
  private boolean finished;

  TextStream(HfTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** Takes the next token. */
  public void append(int id) {
    if (finished) {
      windowStart = finishedTokens;
      finishedTokens = count;
      before = tokenizer.decode(ids, windowStart, finishedTokens);
    }
    if (count == ids.length) {
      ids = Arrays.copyOf(ids, 2 * count);
    }
    ids[count++] = id;
    String window = tokenizer.decode(ids, windowStart, count);
    int end = window.length();
    while (end > 0 && window.charAt(end - 1) == HfTokenizer.REPLACEMENT) {
      end--;
    }
    added = end > before.length() ? window.substring(before.length(), end) : "";
    finished = end == window.length() && !added.isEmpty();
  }

  /** The text since the last finished piece, without the first bytes of an unfinished character. */
  public String added() {
    return added;
  }

  /** Whether the last token finished a piece, so that the next {@link #added} begins after it. */
  public boolean finished() {
    return finished;
  }
}
