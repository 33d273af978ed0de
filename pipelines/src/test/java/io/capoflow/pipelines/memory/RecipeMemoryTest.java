package io.capoflow.pipelines.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.pipelines.memory.RecipeMemory.Activity;
import io.capoflow.pipelines.memory.RecipeMemory.Phase;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.TrainingRecipe;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A checkpoint of Llama 3 8B's shape: its file has a header and, being sparse, nothing else, so
 * whoever loaded the weights would need 16 GB. The figures are the model's known ones.
 */
class RecipeMemoryTest {
  private static final long PARAMETERS = 8_030_261_248L;

  /** Two (key and value), 8 heads of 128 numbers, 32 layers, bfloat16. */
  private static final long CACHE_OF_TOKEN = 2 * 8 * 128 * 32 * 2;

  private static final RecipeMemory.Lengths LENGTHS = new RecipeMemory.Lengths(200, 300);

  @TempDir private Path directory;

  @BeforeEach
  void layOutFiles() throws IOException {
    Path model = Files.createDirectory(directory.resolve("big"));
    Files.writeString(
        model.resolve("config.json"),
        """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 128256,
         "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
         "num_key_value_heads": 8, "intermediate_size": 14336, "rms_norm_eps": 1e-5,
         "rope_theta": 500000.0, "tie_word_embeddings": false,
         "max_position_embeddings": 8192, "hidden_act": "silu", "torch_dtype": "bfloat16",
         "bos_token_id": 128000, "eos_token_id": 128001}
        """);
    writeSparse(model.resolve("model.safetensors"), shapes());
    Files.writeString(
        directory.resolve("big.yaml"),
        """
        policy: {path: ./big, device: "cuda:0"}
        critique: {enabled: false}
        credit: {scheme: grpo}
        sample: {rollouts: 16, max_new_tokens: 1024, shard_problems: 4}
        execution: {parallelism: 1}
        """);
  }

  @Test
  void weightsOptimizerAndCacheAreThoseOfTheHeaders() {
    RecipeMemory memory = estimate();

    Phase sample = phase(memory, Activity.SAMPLE);
    assertThat(sample.device()).isEqualTo("cuda:0");
    // A float32 policy widens what its file holds.
    assertThat(sample.weights()).isEqualTo(4 * PARAMETERS);
    assertThat(sample.optimizer()).isZero();
    // What two and two prompts begin with; prompts as they are read, then once for the rows of
    // each.
    assertThat(sample.cache())
        .isEqualTo(2 * CACHE_OF_TOKEN * (2 * 200 + 4 * 200 + 4 * 200 + 64 * 1024));
    Phase train = phase(memory, Activity.TRAIN);
    // The sampler's copy, and in float32 the learner's and the reference's.
    assertThat(train.weights()).isEqualTo((4 + 4 + 4) * PARAMETERS);
    assertThat(train.optimizer()).isEqualTo(4 * 4 * PARAMETERS);
    assertThat(train.cache()).isZero();
    // Two parts of 64 MiB of its largest tensors.
    assertThat(memory.heap()).isEqualTo(2 << 26);
    assertThat(memory.peak("cuda:0")).contains(train);
    assertThat(memory.peak("cuda:1")).isEmpty();
  }

  @Test
  void activationsGrowWithTheGradientPartsAndNotBeyondTheMiniBatch() {
    // 32 layers that keep 6 · 4096 + 5 · 4096 + 4 · 14336 numbers, the stream's 4096 beside them,
    // and one
    // layer's 3 · 4096 + 3 · 14336 at work; the fresh gradients are there at either size.
    long slot = 4L * (32 * 102_400 + 4096 + 55_296);
    long small = phase(estimate("batch.part_tokens=2448"), Activity.TRAIN).activations();
    long large = phase(estimate("batch.part_tokens=24480"), Activity.TRAIN).activations();
    assertThat(large - small).isEqualTo((24_480 - 2_448) * slot);

    String mini = "batch.mini_batch_rollouts=16";
    assertThat(phase(estimate("batch.part_tokens=100000", mini), Activity.TRAIN).activations())
        .isEqualTo(phase(estimate("batch.part_tokens=200000", mini), Activity.TRAIN).activations());
  }

  @Test
  void everyWorkerHasGradientsAndEveryPartThatFitsItsActivations() {
    Phase one = phase(estimate("train.workers=1", "batch.tokens=8000"), Activity.TRAIN);
    Phase four = phase(estimate("train.workers=4", "batch.tokens=8000"), Activity.TRAIN);
    assertThat(four.optimizer()).isEqualTo((4 + 1 + 2) * 4 * PARAMETERS);
    assertThat(four.activations()).isEqualTo(4 * one.activations());
    assertThat(four.weights()).isEqualTo(one.weights());
    // Parts of 1,300 tokens, of which two fit; who waits for its turn keeps its gradients.
    Phase twoFit = phase(estimate("train.workers=4", "batch.tokens=2600"), Activity.TRAIN);
    assertThat(twoFit.activations()).isEqualTo(2 * one.activations());
    assertThat(twoFit.optimizer()).isEqualTo(four.optimizer());
    // Sixteen rollouts are sixteen parts at most.
    String[] few = {"batch.mini_batch_rollouts=16", "batch.part_tokens=1", "train.workers=99"};
    assertThat(phase(estimate(few), Activity.TRAIN).optimizer())
        .isEqualTo((16 + 1 + 2) * 4 * PARAMETERS);
    Phase narrow =
        phase(
            estimate("train.workers=4", "batch.tokens=2600", "policy.dtype=bf16"), Activity.TRAIN);
    assertThat(narrow.weights()).isEqualTo((2 + 4 + 2 * 2 + 2) * PARAMETERS);
  }

  @Test
  void everySlotScoresAPartOfAShard() {
    Phase one = phase(estimate(), Activity.SCORE);
    // The sampler's copy is what the learner's weights are; the reference is beside it.
    assertThat(one.weights()).isEqualTo((4 + 4) * PARAMETERS);
    assertThat(one.optimizer()).isZero();
    assertThat(one.activations()).isPositive();
    Phase three = phase(estimate("execution.parallelism=3"), Activity.SCORE);
    assertThat(three.weights()).isEqualTo(one.weights());
    assertThat(three.activations()).isEqualTo(3 * one.activations());
  }

  @Test
  void responsesMayBeScoredWhileCriticsAreAtWork() {
    String critic = "critique.path=" + directory.resolve("big");
    Phase beside =
        phase(
            estimate("critique.enabled=true", critic, "critique.device=cuda:0"), Activity.CRITIQUE);
    Phase elsewhere =
        phase(
            estimate("critique.enabled=true", critic, "critique.device=cuda:1"), Activity.CRITIQUE);
    assertThat(beside.cache()).isEqualTo(elsewhere.cache());
    assertThat(beside.activations())
        .isEqualTo(elsewhere.activations() + phase(estimate(), Activity.SCORE).activations());
    // The sampler's, the reference and the critic.
    assertThat(beside.weights()).isEqualTo((4 + 4 + 2) * PARAMETERS);
  }

  @Test
  void anUpdateOfOneStepWithoutAKlTermScoresNothing() {
    RecipeMemory memory =
        estimate("train.epochs=1", "train.kl_coefficient=0", "batch.mini_batch_rollouts=100000");
    assertThat(memory.phases()).extracting(Phase::activity).doesNotContain(Activity.SCORE);
  }

  @Test
  void withoutAKlTermThereIsNoReference() {
    assertThat(phase(estimate("train.kl_coefficient=0"), Activity.TRAIN).weights())
        .isEqualTo((4 + 4) * PARAMETERS);
  }

  @Test
  void bfloat16KeepsTheTrainedWeightsWideAndAllElseNarrow() {
    RecipeMemory memory = estimate("policy.dtype=bf16");

    assertThat(phase(memory, Activity.SAMPLE).weights()).isEqualTo(2 * PARAMETERS);
    // The sampler's, the trained ones, their narrowed copy and the reference.
    assertThat(phase(memory, Activity.TRAIN).weights()).isEqualTo((2 + 4 + 2 + 2) * PARAMETERS);
    assertThat(phase(memory, Activity.TRAIN).optimizer()).isEqualTo(4 * 4 * PARAMETERS);
  }

  @Test
  void ofAnAdapterItAloneLearnsAndItsBaseIsTheReference() {
    // q 4096 x 4096 and v 1024 x 4096 in 32 layers, rank 8.
    long adapter = 32L * 8 * (4096 + 4096 + 4096 + 1024);
    RecipeMemory memory =
        estimate("policy.dtype=bf16", "lora.rank=8", "lora.targets=[q_proj, v_proj]");

    // One base carries the adapter that is scored and the one that learns.
    assertThat(phase(memory, Activity.SCORE).weights())
        .isEqualTo((2 + 2) * PARAMETERS + 4 * adapter);
    Phase train = phase(memory, Activity.TRAIN);
    assertThat(train.weights()).isEqualTo((2 + 2) * PARAMETERS + 2 * 4 * adapter);
    assertThat(train.optimizer()).isEqualTo(4 * 4 * adapter);
    // Its largest tensor is whole in one part: q's A or B.
    assertThat(memory.heap()).isEqualTo(2 * 4 * 8 * 4096);
  }

  @Test
  void recomputedLayersKeepTheirInputsAlone() {
    long slots = 24_480;
    long kept = 4L * (32 * 4096 + 102_400 + 4096 + 55_296);
    String tokens = "batch.part_tokens=" + slots;
    String recomputed = "train.recompute_layers=true";
    long large = phase(estimate(tokens, recomputed), Activity.TRAIN).activations();
    long small =
        phase(estimate("batch.part_tokens=" + slots / 10, recomputed), Activity.TRAIN)
            .activations();

    assertThat(large - small).isEqualTo((slots - slots / 10) * kept);
    assertThat(large).isLessThan(phase(estimate(tokens), Activity.TRAIN).activations() / 10);
  }

  @Test
  void everySlotHasItsOwnCache() {
    assertThat(phase(estimate("execution.parallelism=3"), Activity.SAMPLE).cache())
        .isEqualTo(3 * phase(estimate(), Activity.SAMPLE).cache());
  }

  @Test
  void aCriticElsewhereTakesNothingFromThePolicysDevice() {
    RecipeMemory memory =
        estimate(
            "critique.enabled=true",
            "critique.path=" + directory.resolve("big"),
            "critique.device=cuda:1");

    assertThat(phase(memory, Activity.CRITIQUE).device()).isEqualTo("cuda:1");
    assertThat(phase(memory, Activity.CRITIQUE).weights()).isEqualTo(2 * PARAMETERS);
    assertThat(phase(memory, Activity.TRAIN)).isEqualTo(phase(estimate(), Activity.TRAIN));
  }

  @Test
  void oneDeviceUnderTwoNamesIsOneDevice() {
    RecipeMemory memory =
        estimate(
            "policy.device=cuda",
            "critique.enabled=true",
            "critique.path=" + directory.resolve("big"),
            "critique.device=cuda:0");

    assertThat(memory.phases()).extracting(Phase::device).containsOnly("cuda:0");
    assertThat(phase(memory, Activity.CRITIQUE).weights()).isEqualTo((4 + 4 + 2) * PARAMETERS);
  }

  @Test
  void aCriticsPromptIsNoLongerThanItsPositions() {
    Phase critique =
        phase(
            estimate(
                "critique.enabled=true",
                "critique.path=" + directory.resolve("big"),
                "critique.max_new_tokens=8000",
                "critique.times=1",
                "critique.max_rows=1"),
            Activity.CRITIQUE);

    // Two beginnings of prompts, the prompt as it is read, and its row's own copy.
    assertThat(critique.cache()).isEqualTo(CACHE_OF_TOKEN * (2 * 192 + 192 + 8192));
  }

  @Test
  void aCheckpointWithoutWeightsIsRefused() throws IOException {
    Files.delete(directory.resolve("big/model.safetensors"));

    assertThatThrownBy(this::estimate)
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("no model here");
  }

  private RecipeMemory estimate(String... settings) {
    TrainingRecipe recipe =
        RecipeBinder.of(TrainingRecipe.class)
            .read(
                directory.resolve("big.yaml"), Arrays.stream(settings).map(Setting::parse).toList())
            .settings();
    return RecipeMemory.of(recipe, LENGTHS);
  }

  private static Phase phase(RecipeMemory memory, Activity activity) {
    return memory.phases().stream()
        .filter(phase -> phase.activity() == activity)
        .findFirst()
        .orElseThrow();
  }

  private static Map<String, List<Long>> shapes() {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    shapes.put("model.embed_tokens.weight", List.of(128256L, 4096L));
    for (int layer = 0; layer < 32; layer++) {
      String prefix = "model.layers." + layer + ".";
      shapes.put(prefix + "input_layernorm.weight", List.of(4096L));
      shapes.put(prefix + "self_attn.q_proj.weight", List.of(4096L, 4096L));
      shapes.put(prefix + "self_attn.k_proj.weight", List.of(1024L, 4096L));
      shapes.put(prefix + "self_attn.v_proj.weight", List.of(1024L, 4096L));
      shapes.put(prefix + "self_attn.o_proj.weight", List.of(4096L, 4096L));
      shapes.put(prefix + "post_attention_layernorm.weight", List.of(4096L));
      shapes.put(prefix + "mlp.gate_proj.weight", List.of(14336L, 4096L));
      shapes.put(prefix + "mlp.up_proj.weight", List.of(14336L, 4096L));
      shapes.put(prefix + "mlp.down_proj.weight", List.of(4096L, 14336L));
    }
    shapes.put("model.norm.weight", List.of(4096L));
    shapes.put("lm_head.weight", List.of(128256L, 4096L));
    return shapes;
  }

  private static void writeSparse(Path file, Map<String, List<Long>> shapes) throws IOException {
    StringBuilder header = new StringBuilder("{\"__metadata__\":{\"format\":\"pt\"}");
    long end = 0;
    for (Map.Entry<String, List<Long>> shape : shapes.entrySet()) {
      long begin = end;
      end += 2 * shape.getValue().stream().reduce(1L, Math::multiplyExact);
      header.append(
          ",\"%s\":{\"dtype\":\"BF16\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(shape.getKey(), shape.getValue(), begin, end));
    }
    header.append('}');
    byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.write(
          ByteBuffer.allocate(Long.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(text.length)
              .array());
      sparse.write(text);
      sparse.setLength(Long.BYTES + text.length + end);
    }
  }
}
