package io.capoflow.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.Rows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KnownManifestTest {
  @TempDir private Path directory;
  private ShardStore<Rollout> store;
  private KnownManifest known;

  @BeforeEach
  void open() {
    store = new ShardStore<>(directory, Stage.ROLLOUTS);
    known = new KnownManifest(directory);
  }

  private StageManifest close(int shards) {
    for (int shard = 0; shard < shards; shard++) {
      store.commit(shard, Digests.ofParts("key"), List.of(Rows.rollout(0, "p" + shard, 0, "1")));
    }
    return StageManifest.close(store, shards, "");
  }

  @Test
  void isReadOnceAndAgainWhenAnotherIsWritten() {
    assertThat(known.find()).isEmpty();
    StageManifest first = close(1);

    assertThat(known.find()).contains(first);
    assertThat(known.find().orElseThrow()).isSameAs(known.find().orElseThrow());
    StageManifest second = close(2);
    assertThat(known.find()).contains(second);
    // The same length, by another run: it is the file that counts.
    StageManifest again = close(2);
    assertThat(known.find()).contains(again);
  }

  @Test
  void isNoneWhereItIsGoneOrDamaged() throws IOException {
    close(1);
    assertThat(known.find()).isPresent();

    Files.writeString(StageFiles.manifest(directory), "{");
    assertThat(known.find()).isEmpty();

    Files.delete(StageFiles.manifest(directory));
    assertThat(known.find()).isEmpty();
  }
}
