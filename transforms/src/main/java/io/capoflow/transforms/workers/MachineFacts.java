package io.capoflow.transforms.workers;

import io.capoflow.models.tensor.CpuDispatch;
import io.capoflow.models.tensor.Numerics;
import io.capoflow.models.tensor.Processor;
import io.capoflow.models.tensor.Torch;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** On what of a process's machine and libtorch the bits depend that it computes, by name. */
public final class MachineFacts {
  static final String CPU_VENDOR = "cpu_vendor";
  static final String INSTRUCTION_SETS = "instruction_sets";
  static final String ATEN_CAPABILITY = "aten_capability";
  static final String MKL_BRANCH = "mkl_branch";
  static final String LIBTORCH = "libtorch";
  static final String LIBC = "libc";
  static final String NUMERICS = "numerics";
  static final String DEVICE = "device";

  private static final String UNKNOWN = Processor.UNKNOWN;

  private MachineFacts() {}

  /** What is known without libtorch. */
  static SortedMap<String, String> withoutTorch() {
    Processor processor = Processor.ofThisMachine();
    SortedMap<String, String> facts = new TreeMap<>();
    facts.put("java", Runtime.version().toString());
    facts.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    facts.put(CPU_VENDOR, processor.vendor());
    facts.put("cpu_model", processor.model());
    facts.put(INSTRUCTION_SETS, processor.instructionSets());
    return facts;
  }

  /**
   * Those of this process. Loads libtorch, whose numerics are to be settled.
   *
   * @param devices names of those that are computed on, as recipes have them
   */
  public static SortedMap<String, String> ofThisProcess(List<String> devices) {
    CpuDispatch dispatch = CpuDispatch.ofThisProcess();
    SortedMap<String, String> facts = withoutTorch();
    facts.put(LIBC, Torch.libcVersion().orElse(UNKNOWN));
    facts.put(LIBTORCH, Torch.version());
    facts.put(ATEN_CAPABILITY, dispatch.atenCapability());
    facts.put(MKL_BRANCH, dispatch.mkl());
    facts.put(NUMERICS, numerics(Torch.numerics(), Torch.numericsByHand()));
    SortedSet<String> resolved = new TreeSet<>();
    devices.forEach(device -> resolved.add(Torch.resolve(device)));
    facts.put(DEVICE, String.join(" ", resolved));
    return facts;
  }

  /** Native numerics under such variables are others: they are named. */
  static String numerics(Numerics numerics, SortedMap<String, String> byHand) {
    return byHand.isEmpty()
        ? numerics.text()
        : numerics.text()
            + " with "
            + byHand.entrySet().stream()
                .map(variable -> variable.getKey() + "=" + variable.getValue())
                .collect(Collectors.joining(" "));
  }
}
