package io.capoflow.benchmarks;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Digests;
import io.capoflow.transforms.storage.ReadShards;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.ShardStore;
import io.capoflow.transforms.storage.Stage;
import java.util.List;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.beam.sdk.transforms.DoFn;

/**
 * Commits {@link GeneratedEvidence} as the shards of a run's first iteration, where {@link
 * ReadShards} finds it. Takes numbers of shards, and gives each when it is there.
 */
final class WriteEvidence extends DoFn<Integer, Integer> {
  private static final String MEMO_KEY = Digests.ofParts("generated/1");

  private final RunDirectory run;
  private final int samples;
  private final int critiques;
  private final int problemsPerShard;
  private final int problems;

  WriteEvidence(RunDirectory run, GeneratedEvidence evidence, int problemsPerShard, int problems) {
    this.run = requireNonNull(run, "run");
    this.samples = evidence.samples();
    this.critiques = evidence.critiques();
    this.problemsPerShard = problemsPerShard;
    this.problems = problems;
  }

  @ProcessElement
  public void process(@Element Integer shard, OutputReceiver<Integer> output) {
    int first = shard * problemsPerShard;
    GeneratedEvidence.Rows rows =
        new GeneratedEvidence(samples, critiques)
            .rows(first, Math.min(problems, first + problemsPerShard));
    commit(Stage.ROLLOUTS, shard, rows.rollouts());
    commit(Stage.VERDICTS, shard, rows.verdicts());
    commit(Stage.CRITIQUES, shard, rows.critiques());
    output.output(shard);
  }

  private <T extends SpecificRecordBase> void commit(Stage<T> stage, int shard, List<T> rows) {
    ShardStore<T> store = run.shards(0, stage);
    store.commit(shard, MEMO_KEY, rows);
  }
}
