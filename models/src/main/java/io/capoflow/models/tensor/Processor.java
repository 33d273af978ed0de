package io.capoflow.models.tensor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The processor of this machine, as the Linux kernel describes it.
 *
 * @param vendor as CPUID has it, GenuineIntel or AuthenticAMD for instance
 * @param model its maker's name for it, followed by family, model and stepping: virtual machines
 *     often have a name that says little
 * @param flags all of its features, in the kernel's words
 */
public record Processor(String vendor, String model, Set<String> flags) {
  /** What stands where the kernel does not say. */
  public static final String UNKNOWN = "unknown";

  private static final Path DESCRIPTION = Path.of("/proc/cpuinfo");

  /** Those that libraries of tensors choose kernels by, in about the order of their age. */
  private static final List<String> TELLING =
      List.of(
          "avx",
          "fma",
          "avx2",
          "avx_vnni",
          "avx512f",
          "avx512bw",
          "avx512vl",
          "avx512_vnni",
          "avx512_bf16",
          "avx512_fp16",
          "amx_tile",
          "amx_bf16",
          "amx_int8");

  public Processor {
    requireNonNull(vendor, "vendor");
    requireNonNull(model, "model");
    flags = Set.copyOf(flags);
  }

  /** This machine's first processor; everything is unknown where there is no such description. */
  public static Processor ofThisMachine() {
    try {
      return parse(Files.readString(DESCRIPTION, UTF_8));
    } catch (IOException e) {
      return new Processor(UNKNOWN, UNKNOWN, Set.of());
    }
  }

  /** The first processor of a description in the form of {@code /proc/cpuinfo}. */
  static Processor parse(String description) {
    Map<String, String> fields = new TreeMap<>();
    for (String line : description.lines().takeWhile(line -> !line.isBlank()).toList()) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        fields.put(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
      }
    }
    String numbers =
        List.of("cpu family", "model", "stepping").stream()
            .filter(fields::containsKey)
            .map(name -> name.replace("cpu ", "") + " " + fields.get(name))
            .collect(Collectors.joining(", "));
    String name = fields.getOrDefault("model name", UNKNOWN).replaceAll("\\s+", " ");
    return new Processor(
        fields.getOrDefault("vendor_id", UNKNOWN),
        numbers.isEmpty() ? name : name + " (" + numbers + ")",
        Set.of(fields.getOrDefault("flags", "").split(" ")));
  }

  /** Its features that decide which kernels run, with blanks between. */
  public String instructionSets() {
    String found = TELLING.stream().filter(flags::contains).collect(Collectors.joining(" "));
    return found.isEmpty() ? UNKNOWN : found;
  }

  /** Whether it has what {@link Numerics#PORTABLE} is computed with. */
  public boolean hasAvx2() {
    return flags.containsAll(List.of("avx2", "fma"));
  }
}
