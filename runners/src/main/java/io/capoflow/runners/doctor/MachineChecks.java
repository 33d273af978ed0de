package io.capoflow.runners.doctor;

import com.sun.management.OperatingSystemMXBean;
import io.capoflow.models.tensor.Processor;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Checks of the machine: platform, Java, memory, disk. */
final class MachineChecks {
  private static final long MEBIBYTE = 1L << 20;
  private static final long GIBIBYTE = 1L << 30;
  private static final long ENOUGH_MEMORY = 4 * GIBIBYTE;
  private static final long ENOUGH_DISK = 2 * GIBIBYTE;
  private static final long LEAST_DISK = 300 * MEBIBYTE;

  private MachineChecks() {}

  static List<Doctor.Check> all(Path workingDirectory) {
    return List.of(
        NamedCheck.of("platform", MachineChecks::platform),
        NamedCheck.of("java", MachineChecks::java),
        NamedCheck.of("processor", MachineChecks::processor),
        NamedCheck.of("processors", () -> processors(System.getenv())),
        NamedCheck.of("memory", MachineChecks::memory),
        NamedCheck.of("disk", () -> disk("disk", workingDirectory)));
  }

  private static Finding platform(String subject) {
    String system = System.getProperty("os.name");
    String machine = System.getProperty("os.arch");
    String found = system + " " + System.getProperty("os.version") + ", " + machine;
    boolean supported = system.equals("Linux") && List.of("amd64", "x86_64").contains(machine);
    return supported
        ? Finding.ok(subject, found)
        : Finding.fail(
            subject, found, "the native libraries that come along are for Linux on x86-64");
  }

  private static Finding java(String subject) {
    return Finding.ok(
        subject,
        System.getProperty("java.version")
            + " ("
            + System.getProperty("java.vendor")
            + "), "
            + System.getProperty("java.home"));
  }

  private static Finding processor(String subject) {
    Processor processor = Processor.ofThisMachine();
    return Finding.ok(
        subject,
        "%s, %s; %s".formatted(processor.vendor(), processor.model(), processor.instructionSets()));
  }

  static Finding processors(Map<String, String> environment) {
    int cores = Runtime.getRuntime().availableProcessors();
    String policy = environment.getOrDefault("OMP_WAIT_POLICY", "not set");
    String found = cores + " available, OMP_WAIT_POLICY " + policy;
    return policy.equalsIgnoreCase("passive")
        ? Finding.ok("processors", found)
        : Finding.warn(
            "processors",
            found,
            "start through ./capoflow, or set OMP_WAIT_POLICY=PASSIVE: idle tensor threads spin"
                + " otherwise");
  }

  private static Finding memory(String subject) {
    long heap = Runtime.getRuntime().maxMemory();
    long total =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    String found = size(total) + " in all, Java heap up to " + size(heap);
    return total >= ENOUGH_MEMORY
        ? Finding.ok(subject, found)
        : Finding.warn(
            subject, found, "less than " + size(ENOUGH_MEMORY) + ": close other programs");
  }

  static Finding disk(String subject, Path directory) throws IOException {
    long free = Files.getFileStore(directory).getUsableSpace();
    String found = size(free) + " free for runs at " + directory.toAbsolutePath().normalize();
    if (!Files.isWritable(directory)) {
      return Finding.warn(
          subject, directory.toAbsolutePath() + " cannot be written", "name runs with --run DIR");
    }
    if (free < LEAST_DISK) {
      return Finding.fail(subject, found, "make room, or keep runs elsewhere with --run DIR");
    }
    return free < ENOUGH_DISK
        ? Finding.warn(subject, found, "long runs may fill it; make room")
        : Finding.ok(subject, found);
  }

  static String size(long bytes) {
    return bytes >= GIBIBYTE
        ? String.format(Locale.ROOT, "%.1f GB", (double) bytes / GIBIBYTE)
        : String.format(Locale.ROOT, "%d MB", bytes / MEBIBYTE);
  }
}
