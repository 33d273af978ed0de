package io.capoflow.runners.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.UserMistake;
import org.apache.beam.sdk.util.UserCodeException;
import org.apache.flink.runtime.throwable.ThrowableClassifier;
import org.apache.flink.runtime.throwable.ThrowableType;
import org.apache.flink.util.InstantiationUtil;
import org.apache.flink.util.SerializedThrowable;
import org.junit.jupiter.api.Test;

/** As a failure goes from a worker to the JobManager. */
class NoRestartTest {
  @Test
  void aJobThatMetAUsersMistakeIsNotBegunAgain() throws Exception {
    Throwable arrived = sent(UserCodeException.wrap(new UserMistake("mend this")));
    assertThat(isFinal(arrived)).isTrue();
    assertThat(UserMistake.in(arrived).orElseThrow()).hasMessage("mend this");
  }

  @Test
  void oneThatMetAFaultIs() throws Exception {
    assertThat(isFinal(sent(UserCodeException.wrap(new IllegalStateException("fault"))))).isFalse();
  }

  /** Within one process Flink would hand over the very object. */
  private static Throwable sent(Throwable thrown) throws Exception {
    ClassLoader classes = NoRestartTest.class.getClassLoader();
    return InstantiationUtil.clone(new SerializedThrowable(thrown), classes)
        .deserializeError(classes);
  }

  private static boolean isFinal(Throwable failure) {
    return ThrowableClassifier.findThrowableOfThrowableType(
            failure, ThrowableType.NonRecoverableError)
        .isPresent();
  }
}
