package io.capoflow.settings.extensions;

import java.lang.instrument.Instrumentation;
import java.util.Optional;
import java.util.jar.JarFile;

/**
 * What the virtual machine hands over at its start, where {@code -javaagent} names our jar, as the
 * launcher does: the means to add to the class path of a process that runs. One class path means
 * one class of each name: the driver, the threads of an engine inside the process, and whatever
 * reads a serialised object all see the same.
 */
public final class ExtensionAgent {
  private static volatile Instrumentation instrumentation;

  private ExtensionAgent() {}

  /** Called by the virtual machine before {@code main}. */
  public static void premain(String arguments, Instrumentation given) {
    instrumentation = given;
  }

  /** Adds to the end of the class path; empty where no agent was named at the start. */
  static Optional<ClassPath> classPath() {
    return Optional.ofNullable(instrumentation)
        .map(given -> given::appendToSystemClassLoaderSearch);
  }

  /** A class path that can grow at its end. */
  interface ClassPath {
    void append(JarFile jar);
  }
}
