package io.capoflow.models.tensor;

/**
 * Where the tests of the models compute: on the CPU, or where {@code -Dcapoflow.test.device=cuda:0}
 * says.
 */
public final class TestDevice {
  public static final String NAME = System.getProperty("capoflow.test.device", "cpu");

  private TestDevice() {}
}
