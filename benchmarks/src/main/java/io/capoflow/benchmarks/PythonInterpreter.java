package io.capoflow.benchmarks;

import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.RecipeBinder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The Python that runs the other side of a comparison. A benchmark's argument names it; without
 * one, the environment's {@code BENCHMARK_PYTHON} does, or else it is the system's.
 *
 * @param program its file, or its name on the path
 */
record PythonInterpreter(String program) {
  private static final String VARIABLE = "BENCHMARK_PYTHON";
  private static final String SYSTEM = "/usr/bin/python3";

  /**
   * The one that a benchmark shall use.
   *
   * @param arguments of the benchmark
   * @param place where among them the interpreter may stand
   */
  static PythonInterpreter of(String[] arguments, int place) {
    return new PythonInterpreter(
        arguments.length > place
            ? arguments[place]
            : System.getenv().getOrDefault(VARIABLE, SYSTEM));
  }

  /**
   * What runs a script of {@code benchmarks/src/main/python}.
   *
   * @param name of the file
   */
  List<String> command(String name, String... arguments) {
    Path home = Path.of(System.getProperty(RecipeBinder.HOME_PROPERTY, "."));
    List<String> command = new ArrayList<>();
    command.add(program);
    command.add(home.resolve("benchmarks/src/main/python").resolve(name).toString());
    command.addAll(Arrays.asList(arguments));
    return command;
  }

  /**
   * Looks for packages without importing them.
   *
   * @param packages as pip names them, {@code trl==1.16.0}; each is imported under its name
   * @throws UserMistake when the interpreter does not start, or lacks some of them
   */
  void require(List<String> packages) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                program,
                "-c",
                "import importlib.util, sys\n"
                    + "print(*(m for m in sys.argv[1:] if importlib.util.find_spec(m) is None))"));
    packages.forEach(name -> command.add(importName(name)));
    if (program.contains("/") && !Files.isExecutable(Path.of(program))) {
      throw new UserMistake(program + " is no program; name the Python of a virtual environment");
    }
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String missing =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (!missing.isEmpty()) {
      List<String> names = List.of(missing.split(" ", -1));
      throw new UserMistake(
          "%s lacks %s; name another Python as the argument or in %s, or: %s -m pip install %s"
              .formatted(
                  program,
                  String.join(", ", names),
                  VARIABLE,
                  program,
                  packages.stream()
                      .filter(name -> names.contains(importName(name)))
                      .collect(Collectors.joining(" "))));
    }
  }

  private static String importName(String requirement) {
    return requirement.split("==", -1)[0];
  }
}
