package io.capoflow.runners.check;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.critiques.DatasetCheck;
import io.capoflow.transforms.storage.Flaw;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A dataset's proof in words. */
public final class DatasetReport {
  private final Path dataset;
  private final DatasetCheck.Proof proof;

  /**
   * A report of what came out.
   *
   * @param dataset as the user named it
   */
  public DatasetReport(Path dataset, DatasetCheck.Proof proof) {
    this.dataset = requireNonNull(dataset, "dataset");
    this.proof = requireNonNull(proof, "proof");
  }

  public boolean isWhole() {
    return proof.isWhole();
  }

  /** Lines for people. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (Flaw flaw : proof.flaws()) {
      lines.add("%-8s %s: %s".formatted(word(flaw), place(flaw), flaw.found()));
    }
    if (proof.open() > 0) {
      lines.add(
          "open     additions that are not complete in every edition: %d; the command that made them goes on"
              .formatted(proof.open()));
    }
    if (isWhole()) {
      lines.add(
          "whole: the digests of %s, computed anew from the bytes"
              .formatted(String.join(", ", proof.digests().keySet())));
    } else {
      lines.add(
          "mend     delete what is damaged or extra, and run capoflow critique --output %s, for another edition than the last with --recipe and the file in recipes/ of its name: critiques come from the journal or the critic, and must have the recorded digest; rollouts/ and dataset.json come from a copy"
              .formatted(dataset));
      lines.add("damaged: %d files or folders".formatted(proof.flaws().size()));
    }
    return lines;
  }

  /** The same for programs. */
  public Map<String, Object> json() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("dataset", dataset.toAbsolutePath().normalize().toString());
    fields.put("whole", isWhole());
    fields.put("open_additions", proof.open());
    fields.put(
        "flaws",
        proof.flaws().stream()
            .map(
                flaw -> {
                  Map<String, Object> entry = new LinkedHashMap<>();
                  entry.put("kind", word(flaw));
                  entry.put("file", place(flaw));
                  entry.put("found", flaw.found());
                  return entry;
                })
            .toList());
    fields.put("digests", proof.digests());
    return fields;
  }

  private String place(Flaw flaw) {
    Path root = dataset.toAbsolutePath().normalize();
    return flaw.file().startsWith(root)
        ? root.relativize(flaw.file()).toString()
        : flaw.file() + "";
  }

  private static String word(Flaw flaw) {
    return flaw.kind().name().toLowerCase(Locale.ROOT);
  }
}
