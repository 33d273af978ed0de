package io.capoflow.schemas;

import org.apache.avro.util.ClassSecurityValidator;

/**
 * Has Avro trust our records in this process. Avro makes objects only of classes that the process
 * was told to trust; where that hung on a system property, a worker would need it on its command
 * line.
 */
public final class RecordClasses {
  private static final String PACKAGE = RecordClasses.class.getPackageName();

  static {
    ClassSecurityValidator.setGlobal(
        ClassSecurityValidator.composite(
            ClassSecurityValidator.getGlobal(), type -> type.getPackageName().equals(PACKAGE)));
  }

  private RecordClasses() {}

  /**
   * Trusts them, beside what is trusted already. Whoever reads records calls this first, from a
   * static initialiser: calling it again does nothing.
   */
  public static void trust() {
    // Loading this class did it.
  }
}
