package io.capoflow.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Started from a thread of a job, whose class loader ends with the job. */
final class ProcessThreadsTest {
  private final ClassLoader before = Thread.currentThread().getContextClassLoader();
  private final URLClassLoader ofAJob = new URLClassLoader(new URL[0], before);

  @BeforeEach
  void becomeAThreadOfTheJob() {
    Thread.currentThread().setContextClassLoader(ofAJob);
  }

  @AfterEach
  void leaveIt() throws IOException {
    Thread.currentThread().setContextClassLoader(before);
    ofAJob.close();
  }

  private static ClassLoader context() {
    return Thread.currentThread().getContextClassLoader();
  }

  @Test
  void theyHaveTheProcessesClassLoader() throws Exception {
    ExecutorService threads =
        Executors.newSingleThreadExecutor(ProcessThreads.named("of the process"));
    assertThat(threads.submit(ProcessThreadsTest::context).get())
        .isSameAs(ProcessThreads.class.getClassLoader());
    assertThat(threads.submit(() -> Thread.currentThread().isDaemon()).get()).isTrue();
    assertThat(threads.submit(() -> Thread.currentThread().getName()).get())
        .isEqualTo("of the process");
    threads.shutdown();
  }

  @Test
  void soHaveThoseThatALibraryStartsAndTheCallerKeepsItsOwn() throws Exception {
    ExecutorService threads =
        ProcessThreads.startedHere(
            () -> {
              ExecutorService made = Executors.newSingleThreadExecutor();
              made.submit(ProcessThreadsTest::context).get();
              return made;
            });
    assertThat(threads.submit(ProcessThreadsTest::context).get())
        .isSameAs(ProcessThreads.class.getClassLoader());
    threads.shutdown();
    assertThat(context()).isSameAs(ofAJob);
    assertThatThrownBy(
            () ->
                ProcessThreads.startedHere(
                    () -> {
                      throw new IOException("no");
                    }))
        .isInstanceOf(IOException.class);
    assertThat(context()).isSameAs(ofAJob);
  }
}
