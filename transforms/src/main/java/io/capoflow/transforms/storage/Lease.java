package io.capoflow.transforms.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.ProcessThreads;
import io.capoflow.schemas.UserMistake;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to drive a directory where no operating system holds a lock. Leases are numbered, and
 * each is a file that is created once; the highest number holds:
 *
 * <pre>
 * .lease/00000003.json   who took it
 * .lease/00000003.beat   written anew as long as its owner lives
 * .lease/00000003.end    given back
 * </pre>
 *
 * <p>Whoever finds one that is not given back watches it. One that beats is held. One that stays
 * silent for {@link #SILENCE} is a dead owner's, and the next number is taken; so it is at once by
 * who asks to take over. Time is that of the watcher's own steady clock: no machine's date is
 * compared with another's. An owner whose number is no longer the highest may write nothing more,
 * see {@link #requireHeld}. Thread-safe.
 */
final class Lease implements Closeable {
  /** How long an owner may be silent. */
  static final Duration SILENCE = Duration.ofSeconds(30);

  private static final Duration BEAT = Duration.ofSeconds(3);
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final Pattern CLAIM = Pattern.compile("(\\d{8,18})\\.json");
  private static final Logger LOG = LoggerFactory.getLogger(Lease.class);

  private final Path directory;
  private final long number;
  private final ScheduledExecutorService beats;
  private Optional<ScheduledFuture<?>> beating = Optional.empty();
  private volatile boolean lost;
  private long count;

  /**
   * What a lease file says.
   *
   * @param owner for people
   * @param session that nobody else has
   */
  record Claim(String owner, long number, String session) {
    Claim {
      requireNonNull(owner, "owner");
      requireNonNull(session, "session");
    }
  }

  /** Steady time, and waiting for it to pass. */
  interface Time {
    Time SYSTEM =
        new Time() {
          @Override
          public long nanos() {
            return System.nanoTime();
          }

          @Override
          public void pass(Duration time) throws InterruptedException {
            boolean ended = new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS);
            assert !ended;
          }
        };

    long nanos();

    void pass(Duration time) throws InterruptedException;
  }

  private Lease(Path directory, long number) {
    this.directory = directory;
    this.number = number;
    this.beats =
        Executors.newSingleThreadScheduledExecutor(ProcessThreads.named("lease of " + directory));
  }

  /**
   * Takes the lease of a directory.
   *
   * @param takesOver without watching whether its owner lives
   * @param notices what there is to tell, in lines
   * @return empty where a living owner holds it
   */
  static Optional<Lease> take(
      Path directory, boolean takesOver, Consumer<String> notices, Time time) throws IOException {
    Path folder = folder(directory);
    Files.createDirectories(folder);
    while (true) {
      long last = highest(folder);
      if (last > 0 && !Files.exists(file(folder, last, "end"))) {
        String owner = owner(folder, last);
        if (!takesOver && beats(folder, last, owner, directory, notices, time)) {
          return Optional.empty();
        }
        notices.accept("%s is taken over from %s (lease %d)".formatted(directory, owner, last));
      }
      Claim claim = new Claim(ownName(), last + 1, UUID.randomUUID().toString());
      if (Durable.createExclusively(file(folder, last + 1, "json"), JsonFiles.bytes(claim))) {
        forget(folder, last);
        Lease lease = new Lease(directory, last + 1);
        lease.beat();
        lease.beatOn();
        return Optional.of(lease);
      }
    }
  }

  /** Who holds a directory, for people. */
  static String holder(Path directory) {
    try {
      Path folder = folder(directory);
      long last = highest(folder);
      return "%s (lease %d)".formatted(owner(folder, last), last);
    } catch (IOException e) {
      return "another process";
    }
  }

  /** Watches until the lease's owner shows a sign of life, or was silent for too long. */
  private static boolean beats(
      Path folder, long number, String owner, Path directory, Consumer<String> notices, Time time)
      throws IOException {
    Path beat = file(folder, number, "beat");
    Optional<String> first = content(beat);
    long begin = time.nanos();
    boolean told = false;
    while (time.nanos() - begin < SILENCE.toNanos()) {
      pass(time);
      if (Files.exists(file(folder, number, "end"))) {
        return false;
      }
      Optional<String> now = content(beat);
      if (now.isPresent() && !now.equals(first)) {
        return true;
      }
      if (!told && time.nanos() - begin > BEAT.multipliedBy(2).toNanos()) {
        told = true;
        notices.accept(
            "%s is held by %s, who gives no sign of life; in %d s it is taken over, at once with --take-over"
                .formatted(directory, owner, SILENCE.minus(BEAT.multipliedBy(2)).toSeconds()));
      }
    }
    return false;
  }

  private static void pass(Time time) {
    try {
      time.pass(LOOK);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Cancelled("waiting for a lease", e);
    }
  }

  private void beatOn() {
    beating =
        Optional.of(
            beats.scheduleAtFixedRate(
                this::beat, BEAT.toMillis(), BEAT.toMillis(), TimeUnit.MILLISECONDS));
  }

  private void beat() {
    try {
      if (isSucceeded()) {
        lost = true;
        beats.shutdown();
        return;
      }
      count++;
      Path beat = file(folder(directory), number, "beat");
      RunStorage.of(beat).replace(beat, Long.toString(count).getBytes(UTF_8));
    } catch (IOException | RuntimeException e) {
      // The next one may get through. Until then others may take the lease for a dead owner's.
      LOG.warn("the lease of {} could not be renewed: {}", directory, e.toString());
    }
  }

  /** By any number: whoever took the next one may have been taken over, too, and forgotten. */
  private boolean isSucceeded() throws IOException {
    return highest(folder(directory)) > number;
  }

  /**
   * Asked before anything is written into the directory.
   *
   * @throws UserMistake when another driver has taken it over
   * @throws IOException when the store cannot be asked
   */
  void requireHeld() throws IOException {
    if (lost || isSucceeded()) {
      lost = true;
      throw new UserMistake(
          "%s was taken over by %s: this process stops, and writes nothing there any more"
              .formatted(directory, holder(directory)));
    }
  }

  boolean covers(Path file) {
    return file.toAbsolutePath().startsWith(directory);
  }

  @Override
  public void close() throws IOException {
    beating.ifPresent(next -> next.cancel(false));
    beats.shutdown();
    if (lost) {
      return;
    }
    Path end = file(folder(directory), number, "end");
    RunStorage.of(end).replace(end, ownName().getBytes(UTF_8));
  }

  /** Numbers below the one that is held say nothing any more. */
  private static void forget(Path folder, long upTo) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        int dot = name.indexOf('.');
        if (dot > 0
            && name.substring(0, dot).matches("\\d{8,18}")
            && Long.parseLong(name.substring(0, dot)) <= upTo) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private static long highest(Path folder) throws IOException {
    long highest = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Matcher claim = CLAIM.matcher(file.getFileName().toString());
        if (claim.matches()) {
          highest = Math.max(highest, Long.parseLong(claim.group(1)));
        }
      }
    } catch (NoSuchFileException none) {
      return 0;
    }
    return highest;
  }

  private static String owner(Path folder, long number) {
    try {
      return JsonFiles.read(file(folder, number, "json"), Claim.class).owner();
    } catch (UserMistake unreadable) {
      return "somebody";
    }
  }

  private static Optional<String> content(Path file) throws IOException {
    try {
      return Optional.of(Files.readString(file, UTF_8));
    } catch (NoSuchFileException none) {
      return Optional.empty();
    }
  }

  private static Path folder(Path directory) {
    return directory.resolve(".lease");
  }

  private static Path file(Path folder, long number, String kind) {
    return folder.resolve(String.format(Locale.ROOT, "%08d.%s", number, kind));
  }

  private static String ownName() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      host = "an unknown host";
    }
    return "process %d of %s on %s"
        .formatted(
            ProcessHandle.current().pid(), System.getProperty("user.name", "somebody"), host);
  }
}
