package io.capoflow.models.attacks;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The written attacks: one a line, with its name. */
public final class Attacks {
  /** From any module's folder: this file is a resource of models' tests. */
  private static final Path FILE =
      Path.of("../models/src/test/resources/io/capoflow/models/attacks/attacks.jsonl");

  private Attacks() {}

  /** Texts by name, in the file's order. */
  public static Map<String, String> all() {
    Map<String, String> attacks = new LinkedHashMap<>();
    try {
      for (String line : Files.readAllLines(FILE)) {
        JsonNode attack = Json.STRICT.readTree(line);
        String name = attack.required("name").textValue();
        if (attacks.put(name, attack.required("text").textValue()) != null) {
          throw new IllegalStateException("two attacks are named " + name);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return attacks;
  }
}
