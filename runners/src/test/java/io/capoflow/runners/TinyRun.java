package io.capoflow.runners;

import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Keys;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVote;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.storage.ParquetRows;
import io.capoflow.transforms.storage.RowFormat;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.ShardStore;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.StageManifest;
import io.capoflow.transforms.storage.TrainerState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.parquet.avro.AvroParquetWriter;
import org.apache.parquet.avro.AvroWriteSupport;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.io.LocalOutputFile;

/**
 * A run of one iteration made by hand: two problems, two rollouts each. Sample 0 answers right, its
 * second step voted wrong; sample 1 answers wrong.
 */
public final class TinyRun {
  private static final String RESPONSE = "1. 7+2=9\n\n2. 9+1=10\n\n\\boxed{10}";
  private static final int[][] STEPS = {{0, 8}, {10, 19}, {21, 31}};
  private static final int TOKENS = 31;

  private final RunDirectory run;
  private Map<String, String> metadata = Map.of();

  private TinyRun(RunDirectory run) {
    this.run = run;
  }

  /** Begins an empty run. */
  public static TinyRun in(Path root) {
    return new TinyRun(RunDirectory.at(root));
  }

  public RunDirectory directory() {
    return run;
  }

  /** Gives the problems of iterations that are written from now on metadata. */
  public TinyRun withMetadata(Map<String, String> wanted) {
    metadata = Map.copyOf(wanted);
    return this;
  }

  /** Writes iteration 0 whole. */
  public TinyRun withIteration() {
    return withIteration(List.of("train-000001", "train-000002"), 0.75);
  }

  /**
   * Writes iteration 0 whole.
   *
   * @param advantage of the first token of each rollout
   */
  public TinyRun withIteration(List<String> problems, double advantage) {
    List<Rollout> rollouts = new ArrayList<>();
    List<Verdict> verdicts = new ArrayList<>();
    List<Critique> critiques = new ArrayList<>();
    List<StepVotes> votes = new ArrayList<>();
    List<CreditedRollout> credits = new ArrayList<>();
    for (String problem : problems) {
      for (int sample = 0; sample < 2; sample++) {
        rollouts.add(rollout(problem, sample));
        verdicts.add(verdict(problem, sample));
        critiques.add(critique(problem, sample, 0));
        critiques.add(critique(problem, sample, 1));
        votes.add(votes(problem, sample));
        credits.add(credit(problem, sample, advantage));
      }
    }
    stage(Stage.ROLLOUTS, rollouts);
    stage(Stage.VERDICTS, verdicts);
    stage(Stage.CRITIQUES, critiques);
    stage(Stage.VOTES, votes);
    stage(Stage.CREDITS, credits);
    return this;
  }

  /** Makes the credits of iteration 0 what they were when they held ids and no token counts. */
  public TinyRun withOlderCredits() throws IOException {
    Path stage = run.stage(0, Stage.CREDITS);
    StageManifest manifest = StageManifest.find(stage).orElseThrow();
    Schema older = olderCredits();
    for (StageManifest.Shard shard : manifest.shards()) {
      Path part = stage.resolve(shard.part());
      List<CreditedRollout> rows = ParquetRows.read(part, CreditedRollout.class);
      Files.delete(part);
      write(part, older, rows);
    }
    StageManifest.Shard shard = manifest.shards().get(0);
    String digest =
        Digests.ofRowDigests(ParquetRows.digests(stage.resolve(shard.part())).rowDigests());
    try (Stream<Path> files = Files.list(stage)) {
      for (Path file : files.filter(name -> name.toString().endsWith(".json")).toList()) {
        String text = Files.readString(file);
        Files.writeString(
            file,
            text.replace(shard.digest(), digest)
                .replace(manifest.schema(), RowFormat.fingerprint(older)));
      }
    }
    return this;
  }

  private static Schema olderCredits() {
    Schema now = CreditedRollout.getClassSchema();
    List<Schema.Field> columns = new ArrayList<>();
    for (Schema.Field field : now.getFields()) {
      if (!field.name().endsWith("_tokens")) {
        columns.add(new Schema.Field(field, field.schema()));
      }
    }
    columns.add(
        new Schema.Field("response_token_ids", Schema.createArray(Schema.create(Schema.Type.INT))));
    return Schema.createRecord(now.getName(), null, now.getNamespace(), false, columns);
  }

  private static void write(Path part, Schema older, List<CreditedRollout> rows)
      throws IOException {
    PlainParquetConfiguration lists = new PlainParquetConfiguration();
    lists.setBoolean(AvroWriteSupport.WRITE_OLD_LIST_STRUCTURE, false);
    try (ParquetWriter<GenericRecord> writer =
        AvroParquetWriter.<GenericRecord>builder(new LocalOutputFile(part))
            .withSchema(older)
            .withConf(lists)
            .build()) {
      for (CreditedRollout row : rows) {
        GenericRecord record = new GenericData.Record(older);
        for (Schema.Field field : older.getFields()) {
          boolean kept = row.getSchema().getField(field.name()) != null;
          record.put(field.name(), kept ? row.get(field.name()) : List.of(4, 5));
        }
        writer.write(record);
      }
    }
  }

  /** Commits a policy of one tensor of two numbers. */
  public TinyRun withPolicy(int version, float second) {
    ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putFloat(1).putFloat(second).flip();
    TreeMap<String, TensorData> tensors = new TreeMap<>();
    tensors.put("weight", new TensorData("F32", new long[] {2}, bytes));
    run.policies()
        .commit(
            version,
            directory -> {
              Safetensors.write(
                  directory.resolve(Safetensors.SINGLE_FILE), tensors, Map.of("format", "pt"));
              return TrainerState.start(Keys.policyVersion(version), "digest-" + second);
            });
    return this;
  }

  private <T extends SpecificRecordBase> void stage(Stage<T> stage, List<T> rows) {
    ShardStore<T> store = run.shards(0, stage);
    store.commit(0, Digests.ofParts("memo"), rows);
    StageManifest.close(store, 1, "settings");
  }

  private Rollout rollout(String problem, int sample) {
    List<Integer> tokens = new ArrayList<>();
    List<Integer> ends = new ArrayList<>();
    List<Float> logProbabilities = new ArrayList<>();
    for (int i = 0; i < TOKENS; i++) {
      tokens.add(i);
      ends.add(i + 1);
      logProbabilities.add(-0.5f);
    }
    return Rollout.newBuilder()
        .setRunId("tiny")
        .setIteration(0)
        .setProblem(
            Problem.newBuilder()
                .setProblemId(problem)
                .setPrompt(List.of(new Message("user", "Start at 7.\u001b[2J Add 2. Add 1.")))
                .setAnswer("10")
                .setSource("arithmetic")
                .setMetadata(metadata)
                .build())
        .setSampleIndex(sample)
        .setRolloutId(Keys.rolloutId(0, problem, sample))
        .setPromptTokenIds(List.of(1, 2))
        .setResponseTokenIds(tokens)
        .setResponse(RESPONSE)
        .setTokenEnds(ends)
        .setBehaviourLogprobs(logProbabilities)
        .setFinishReason("stop")
        .setPolicyVersion("v00000")
        .setTemperature(1)
        .setTopP(1)
        .setMaxNewTokens(96)
        .setSeed(7)
        .build();
  }

  private static Verdict verdict(String problem, int sample) {
    return Verdict.newBuilder()
        .setIteration(0)
        .setProblemId(problem)
        .setSampleIndex(sample)
        .setRolloutId(Keys.rolloutId(0, problem, sample))
        .setOutcome(1 - sample)
        .setExtracted(sample == 0 ? "10" : "11")
        .setReason(sample == 0 ? "CORRECT" : "WRONG\u0007")
        .setGoldType("integer")
        .setRoute("exact")
        .setVerifier("math")
        .setOptionsDigest("none")
        .setMicros(3)
        .build();
  }

  private static Critique critique(String problem, int sample, int index) {
    return Critique.newBuilder()
        .setIteration(0)
        .setProblemId(problem)
        .setSampleIndex(sample)
        .setRolloutId(Keys.rolloutId(0, problem, sample))
        .setCritiqueIndex(index)
        .setCritic("tiny")
        .setPromptTemplate("capo")
        .setText("step 1 slips")
        .setJudgment("no")
        .setWrongSteps(List.of(1))
        .setDroppedIndices(0)
        .setPromptTokens(9)
        .setTokens(4)
        .setFinishReason("stop")
        .setMillis(2)
        .setSeed(1)
        .build();
  }

  private static StepVotes votes(String problem, int sample) {
    List<StepVote> steps = new ArrayList<>();
    for (int i = 0; i < STEPS.length; i++) {
      steps.add(
          StepVote.newBuilder()
              .setIndex(i)
              .setCharStart(STEPS[i][0])
              .setCharEnd(STEPS[i][1])
              .setTokenStart(STEPS[i][0])
              .setTokenEnd(STEPS[i][1])
              .setWrongVotes(i == 1 ? 2 : 0)
              .setVotes(2)
              .setWeight(i == 1 ? 1 : 0)
              .build());
    }
    return StepVotes.newBuilder()
        .setIteration(0)
        .setProblemId(problem)
        .setSampleIndex(sample)
        .setRolloutId(Keys.rolloutId(0, problem, sample))
        .setSteps(steps)
        .setRule("intersection")
        .setCritiques(2)
        .setValidCritiques(2)
        .setQuorum(true)
        .setYesJudgments(0)
        .setNoJudgments(2)
        .build();
  }

  private static CreditedRollout credit(String problem, int sample, double advantage) {
    List<Double> rewards = new ArrayList<>();
    List<Double> advantages = new ArrayList<>();
    for (int i = 0; i < TOKENS; i++) {
      boolean wrong = i >= STEPS[1][0] && i < STEPS[1][1];
      rewards.add(2.0 * (1 - sample) - (wrong ? 1 : 0));
      advantages.add(i == 0 ? advantage : wrong ? -0.25 : 0.75);
    }
    return CreditedRollout.newBuilder()
        .setIteration(0)
        .setProblemId(problem)
        .setSampleIndex(sample)
        .setRolloutId(Keys.rolloutId(0, problem, sample))
        .setPromptTokens(2)
        .setResponseTokens(TOKENS)
        .setFinishReason("stop")
        .setOutcome(1 - sample)
        .setRewards(rewards)
        .setAdvantages(advantages)
        .setInLoss(true)
        .setScheme("capo")
        .setGroupSize(2)
        .setGroupMean(0.5)
        .setGroupStd(1.25)
        .setZeroSpread(false)
        .build();
  }
}
