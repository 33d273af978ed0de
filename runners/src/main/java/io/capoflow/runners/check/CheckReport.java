package io.capoflow.runners.check;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.integrity.Mend;
import io.capoflow.pipelines.integrity.RunProof;
import io.capoflow.transforms.storage.Flaw;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A run's proof in words. */
public final class CheckReport {
  private final RunProof proof;
  private final List<String> failures;

  /**
   * A report of what came out.
   *
   * @param failures why a repair could not mend something; none where none was tried
   */
  public CheckReport(RunProof proof, List<String> failures) {
    this.proof = requireNonNull(proof, "proof");
    this.failures = List.copyOf(failures);
  }

  /**
   * Lines for people: each flaw with its mend, and what came out.
   *
   * @param run as the user named it
   */
  public List<String> lines(Path run) {
    List<String> lines = new ArrayList<>();
    Map<Mend, Long> mends = new LinkedHashMap<>();
    for (Flaw flaw : proof.flaws()) {
      if (flaw.isDamage()) {
        Mend mend = proof.mend(flaw);
        mends.merge(mend, 1L, Long::sum);
        lines.add("%-8s %s: %s".formatted(word(flaw), proof.place(flaw), flaw.found()));
      }
    }
    unproven()
        .forEach(
            (found, flaws) ->
                lines.add(
                    "%-8s %s%s: %s"
                        .formatted(
                            word(flaws.get(0)),
                            proof.place(flaws.get(0)),
                            flaws.size() == 1 ? "" : " and %d more".formatted(flaws.size() - 1),
                            found)));
    failures.forEach(failure -> lines.add("failed   " + failure));
    mends.forEach((mend, count) -> lines.add("mend     %s".formatted(mend.advice(run, count))));
    lines.add(
        proof.isWhole()
            ? "whole: %d digests, computed anew from the bytes".formatted(proof.digests().size())
            : "damaged: %d files or folders; %d digests are whole"
                .formatted(
                    proof.flaws().stream().filter(Flaw::isDamage).count(), proof.digests().size()));
    return lines;
  }

  private Map<String, List<Flaw>> unproven() {
    return proof.flaws().stream()
        .filter(flaw -> !flaw.isDamage())
        .collect(Collectors.groupingBy(Flaw::found, LinkedHashMap::new, Collectors.toList()));
  }

  /** The same for programs. */
  public Map<String, Object> json() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("run", proof.run().root().toString());
    fields.put("whole", proof.isWhole());
    fields.put(
        "flaws",
        proof.flaws().stream()
            .map(
                flaw -> {
                  Map<String, Object> entry = new LinkedHashMap<>();
                  entry.put("kind", word(flaw));
                  entry.put("file", proof.place(flaw));
                  entry.put("found", flaw.found());
                  entry.put("mend", proof.mend(flaw).name().toLowerCase(Locale.ROOT));
                  return entry;
                })
            .toList());
    fields.put("failures", failures);
    fields.put("digests", proof.digests());
    return fields;
  }

  private static String word(Flaw flaw) {
    return flaw.kind().name().toLowerCase(Locale.ROOT);
  }
}
