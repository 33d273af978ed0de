package io.capoflow.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.Rows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecentRowsTest {
  private static final String KEY = Digests.ofParts("key");

  @TempDir Path directory;

  @Test
  void whatThisProcessCommittedIsAtHandUntilSomebodyWritesToItsFile() throws IOException {
    ShardStore<Rollout> store = new ShardStore<>(directory, Stage.ROLLOUTS);
    Rollout row = Rows.rollout(0, "a", 0, "x = 1");
    store.commit(0, KEY, List.of(row));
    ShardCommit commit = store.find(0, KEY).orElseThrow();
    assertThat(store.read(commit).get(0)).isSameAs(row);

    Path part = directory.resolve(commit.part());
    byte[] whole = Files.readAllBytes(part);
    byte[] damaged = whole.clone();
    damaged[damaged.length / 2] ^= 1;
    Files.write(part, damaged);
    assertThatThrownBy(() -> store.read(commit)).isInstanceOf(UserMistake.class);

    Files.write(part, whole);
    assertThat(store.read(commit).get(0)).isNotSameAs(row).isEqualTo(row);
    Files.delete(part);
    assertThatThrownBy(() -> store.read(commit)).isInstanceOf(UserMistake.class);
  }

  @Test
  void whoMayMendReadsTheFile() throws IOException {
    ShardStore<Rollout> store = new ShardStore<>(directory, Stage.ROLLOUTS);
    Rollout row = Rows.rollout(0, "a", 0, "x = 1");
    store.commit(0, KEY, List.of(row));
    assertThat(store.computeOnce(0, KEY, List::of).get(0)).isNotSameAs(row).isEqualTo(row);
  }

  @Test
  void theOldestGoWhereTheRoomIsFull() throws IOException {
    RecentRows recent = new RecentRows(12 * 25);
    List<Path> parts = List.of(file("a"), file("b"), file("c"));
    for (Path part : parts) {
      recent.keep(part, mark(part), rows("digest"), List.of(row(part)), 10);
    }
    assertThat(recent.find(parts.get(0), rows("digest"), Rollout.class)).isEmpty();
    assertThat(recent.find(parts.get(1), rows("digest"), Rollout.class))
        .contains(List.of(row(parts.get(1))));
    assertThat(recent.find(parts.get(2), rows("digest"), Rollout.class))
        .contains(List.of(row(parts.get(2))));

    // What is too large alone is not kept, and takes no other's place.
    Path large = file("large");
    recent.keep(large, mark(large), rows("digest"), List.of(row(large)), 26);
    assertThat(recent.find(large, rows("digest"), Rollout.class)).isEmpty();
    assertThat(recent.find(parts.get(2), rows("digest"), Rollout.class)).isPresent();
  }

  @Test
  void rowsOfAnotherDigestAreNotThose() throws IOException {
    RecentRows recent = new RecentRows(1000);
    Path part = file("a");
    recent.keep(part, mark(part), rows("one"), List.of(row(part)), 1);
    assertThat(recent.find(part, rows("other"), Rollout.class)).isEmpty();
    assertThat(recent.find(part, rows("one"), Rollout.class)).isPresent();
  }

  private Path file(String name) throws IOException {
    return Files.writeString(directory.resolve(name), name);
  }

  private static FileMark mark(Path file) {
    return FileMark.of(file).orElseThrow();
  }

  private static PartRows rows(String digest) {
    return new PartRows(1, digest, "schema");
  }

  private static Rollout row(Path part) {
    return Rows.rollout(0, part.getFileName().toString(), 0, "x = 1");
  }
}
