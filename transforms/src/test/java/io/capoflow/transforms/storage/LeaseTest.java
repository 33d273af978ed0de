package io.capoflow.transforms.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LeaseTest {
  @TempDir private Path directory;
  private final List<String> notices = new ArrayList<>();
  private final Watch watch = new Watch();

  /** A watcher's time, which passes as it waits. */
  private static final class Watch implements Lease.Time {
    private long nanos;
    private Runnable meanwhile = () -> {};

    @Override
    public long nanos() {
      return nanos;
    }

    @Override
    public void pass(Duration time) {
      nanos += time.toNanos();
      meanwhile.run();
    }
  }

  private Optional<Lease> take(boolean takesOver) throws IOException {
    return Lease.take(directory, takesOver, notices::add, watch);
  }

  private void leftByADeadOwner(int number) throws IOException {
    Path folder = Files.createDirectories(directory.resolve(".lease"));
    Files.writeString(
        folder.resolve("%08d.json".formatted(number)),
        "{\"owner\": \"process 7 of ann on host\", \"number\": %d, \"session\": \"s\"}"
            .formatted(number),
        UTF_8);
    beat(number, "1");
  }

  private void beat(int number, String count) {
    try {
      Files.writeString(directory.resolve(".lease/%08d.beat".formatted(number)), count, UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void whatNobodyHoldsIsTaken() throws IOException {
    try (Lease lease = take(false).orElseThrow()) {
      lease.requireHeld();
      assertThat(notices).isEmpty();
    }
    try (Lease next = take(false).orElseThrow()) {
      next.requireHeld();
      assertThat(watch.nanos()).isZero();
    }
  }

  @Test
  void aLivingOwnerKeepsIt() throws IOException {
    leftByADeadOwner(4);
    watch.meanwhile = () -> beat(4, Long.toString(watch.nanos()));

    assertThat(take(false)).isEmpty();
    assertThat(Lease.holder(directory)).isEqualTo("process 7 of ann on host (lease 4)");
    assertThat(notices).isEmpty();
  }

  @Test
  void aDeadOwnersIsTakenOverAfterAStatedTime() throws IOException {
    leftByADeadOwner(4);

    try (Lease lease = take(false).orElseThrow()) {
      lease.requireHeld();
      assertThat(watch.nanos()).isEqualTo(Lease.SILENCE.toNanos());
      assertThat(notices)
          .containsExactly(
              directory
                  + " is held by process 7 of ann on host, who gives no sign of life; in 24 s it is"
                  + " taken over, at once with --take-over",
              directory + " is taken over from process 7 of ann on host (lease 4)");
      assertThat(Lease.holder(directory)).endsWith("(lease 5)");
    }
  }

  @Test
  void whoAsksToTakeOverNeedNotWaitAndTheOldOwnerWritesNothingMore() throws IOException {
    Lease old = take(false).orElseThrow();

    try (Lease lease = take(true).orElseThrow()) {
      assertThat(watch.nanos()).isZero();
      lease.requireHeld();
      assertThatThrownBy(old::requireHeld)
          .isInstanceOf(UserMistake.class)
          .hasMessageContaining("was taken over by")
          .hasMessageEndingWith("this process stops, and writes nothing there any more");
      old.close();
      lease.requireHeld();
      assertThat(directory.resolve(".lease/00000001.end")).doesNotExist();
    }
  }

  @Test
  void whoSleptThroughTwoTakeOversHasLostIt() throws IOException {
    Lease old = take(false).orElseThrow();
    try (Lease second = take(true).orElseThrow();
        Lease third = take(true).orElseThrow()) {
      assertThat(directory.resolve(".lease/00000002.json")).doesNotExist();
      third.requireHeld();
      assertThatThrownBy(second::requireHeld).isInstanceOf(UserMistake.class);
      assertThatThrownBy(old::requireHeld)
          .isInstanceOf(UserMistake.class)
          .hasMessageContaining("(lease 3)");
      old.close();
    }
  }

  @Test
  void whatIsGivenBackWhileItIsWatchedIsTakenAtOnce() throws IOException {
    leftByADeadOwner(4);
    watch.meanwhile =
        () -> {
          try {
            Files.writeString(directory.resolve(".lease/00000004.end"), "", UTF_8);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        };

    try (Lease lease = take(false).orElseThrow()) {
      lease.requireHeld();
      assertThat(watch.nanos()).isEqualTo(Duration.ofSeconds(1).toNanos());
    }
  }
}
