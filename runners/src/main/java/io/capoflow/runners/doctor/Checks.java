package io.capoflow.runners.doctor;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** All checks, in the order in which one thing needs the other. */
public final class Checks {
  private Checks() {}

  /**
   * Checks of this process and machine.
   *
   * @param home of the project
   * @param workingDirectory where runs go by default
   * @param versions of the project and its engines, as they are shown
   */
  public static List<Doctor.Check> all(Path home, Path workingDirectory, List<String> versions) {
    return Stream.of(
            ProjectChecks.all(home, versions),
            MachineChecks.all(workingDirectory),
            EngineChecks.all(),
            ExtensionChecks.all())
        .flatMap(List::stream)
        .toList();
  }
}
