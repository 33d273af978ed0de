package io.capoflow.models.text;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Byte-level BPE without merges: a token's id is its byte; special tokens follow from 256 on. */
public final class ByteTokenizer {
  private ByteTokenizer() {}

  /** Writes the tokenizer into a directory. */
  public static void write(Path directory, String... special) {
    ObjectNode root = json(special);
    write(directory, root);
  }

  /** Writes a changed tokenizer into a directory. */
  static void write(Path directory, ObjectNode tokenizer) {
    try {
      Files.createDirectories(directory);
      Files.writeString(directory.resolve(HfTokenizer.FILE), tokenizer.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ObjectNode json(String... special) {
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.put("version", "1.0");
    var added = root.putArray("added_tokens");
    for (int i = 0; i < special.length; i++) {
      added
          .addObject()
          .put("id", 256 + i)
          .put("content", special[i])
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    root.putObject("pre_tokenizer")
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", false);
    root.putObject("decoder")
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", false);
    ObjectNode model = root.putObject("model").put("type", "BPE");
    ObjectNode vocabulary = model.putObject("vocab");
    int shifted = 0;
    for (int b = 0; b < 256; b++) {
      // GPT-2's table: printable bytes stand for themselves, others from U+0100 on.
      boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      vocabulary.put(Character.toString(printable ? b : 256 + shifted++), b);
    }
    model.putArray("merges");
    return root;
  }
}
