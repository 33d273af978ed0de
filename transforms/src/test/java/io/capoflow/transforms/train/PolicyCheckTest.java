package io.capoflow.transforms.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.capoflow.models.lora.PeftConfig;
import io.capoflow.transforms.storage.Flaw;
import io.capoflow.transforms.storage.PolicyStore;
import io.capoflow.transforms.storage.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyCheckTest {
  @TempDir Path root;
  private PolicyStore store;

  /** An adapter whose base, the version before it, is not there. */
  @BeforeEach
  void commitAnAdapter() {
    store = new PolicyStore(root);
    store.commit(
        1,
        directory -> {
          Files.writeString(
              directory.resolve(PeftConfig.FILE),
              "{\"base_model_name_or_path\": \"../v00000\", \"peft_type\": \"LORA\"}");
          Files.writeString(directory.resolve(PeftConfig.TENSORS_FILE), "tensors");
          Files.writeString(directory.resolve(PolicyStore.optimizerFile()), "memory");
          return new TrainerState(
              new TrainerState.Lineage("v00001", "v00000", "digest", 8),
              Map.of(),
              List.of(),
              Map.of(),
              List.of());
        });
  }

  @Test
  void anAdapterWhoseFilesHoldIsNotBlamedForItsBase() {
    PolicyProof proof = look();

    assertThat(proof.flaws()).isEmpty();
    assertThat(proof.isProven()).isTrue();
  }

  @Test
  void anAdaptersOwnFilesAreStillHeldToTheirDigests() throws IOException {
    Path tensors = store.directory(1).resolve(PeftConfig.TENSORS_FILE);
    Files.writeString(tensors, "tensorz");

    assertThat(look().flaws())
        .extracting(Flaw::kind, Flaw::file)
        .containsExactly(tuple(Flaw.Kind.DAMAGED, tensors));
  }

  @Test
  void aRecordThatCannotBeOpenedIsAFlawOfIt() throws IOException {
    Path state = store.directory(1).resolve(PolicyStore.stateFile());
    Files.delete(state);
    Files.createDirectory(state);

    assertThat(look().flaws())
        .singleElement()
        .satisfies(flaw -> assertThat(flaw.file()).isEqualTo(state))
        .satisfies(flaw -> assertThat(flaw.found()).startsWith("it cannot be read ("));
  }

  private PolicyProof look() {
    return new PolicyCheck(store, bytes -> {}).look(1, () -> true);
  }
}
