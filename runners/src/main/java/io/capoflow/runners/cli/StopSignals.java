package io.capoflow.runners.cli;

import static java.util.Objects.requireNonNull;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * Hears Ctrl-C and TERM while it is open: the first asks for an orderly stop, the second ends the
 * process at once, which loses nothing that is committed. What is at work outside of the process is
 * abandoned before that, unless a third one comes.
 *
 * <p>Java's only interface to signals is {@code sun.misc.Signal}, which the compiler warns of
 * beyond suppression; hence the reflection.
 */
final class StopSignals implements AutoCloseable {
  /** Exit status of a process that a signal ended, as shells count. */
  private static final Map<String, Integer> STATUS_BY_SIGNAL = Map.of("INT", 130, "TERM", 143);

  private final IntConsumer onFirst;
  private final Runnable onSecond;
  private final AtomicBoolean ending = new AtomicBoolean();
  private final AtomicInteger received = new AtomicInteger();
  private final List<Restore> restores = new ArrayList<>();

  /** Puts a signal's former handler back. */
  private interface Restore {
    void run() throws ReflectiveOperationException;
  }

  private StopSignals(IntConsumer onFirst, Runnable onSecond) {
    this.onFirst = requireNonNull(onFirst, "onFirst");
    this.onSecond = requireNonNull(onSecond, "onSecond");
  }

  /**
   * Starts to listen.
   *
   * @param onFirst is given the exit status that the first signal asks for; called on the signal's
   *     thread
   * @param onSecond abandons what is at work outside of the process; called on the signal's thread,
   *     just before the process ends
   */
  static StopSignals listen(IntConsumer onFirst, Runnable onSecond) {
    StopSignals signals = new StopSignals(onFirst, onSecond);
    STATUS_BY_SIGNAL.keySet().stream().sorted().forEach(signals::handle);
    return signals;
  }

  /** The exit status that a signal asked for, where there was one. */
  OptionalInt status() {
    int status = received.get();
    return status == 0 ? OptionalInt.empty() : OptionalInt.of(status);
  }

  private void handle(String name) {
    try {
      Class<?> signalClass = Class.forName("sun.misc.Signal");
      Class<?> handlerClass = Class.forName("sun.misc.SignalHandler");
      Object signal = signalClass.getConstructor(String.class).newInstance(name);
      InvocationHandler behaviour =
          (proxy, method, arguments) ->
              switch (method.getName()) {
                case "handle" -> {
                  receive(STATUS_BY_SIGNAL.get(name));
                  yield null;
                }
                case "hashCode" -> System.identityHashCode(proxy);
                case "equals" -> proxy == arguments[0];
                default -> "stop on " + name;
              };
      Object handler =
          Proxy.newProxyInstance(
              StopSignals.class.getClassLoader(), new Class<?>[] {handlerClass}, behaviour);
      Object former =
          signalClass.getMethod("handle", signalClass, handlerClass).invoke(null, signal, handler);
      restores.add(
          () ->
              signalClass
                  .getMethod("handle", signalClass, handlerClass)
                  .invoke(null, signal, former));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this Java cannot handle the signal " + name, e);
    }
  }

  private void receive(int status) {
    if (received.compareAndSet(0, status)) {
      onFirst.accept(status);
      return;
    }
    try {
      if (ending.compareAndSet(false, true)) {
        onSecond.run();
      }
    } finally {
      Runtime.getRuntime().halt(status);
    }
  }

  @Override
  public void close() {
    for (Restore restore : restores) {
      try {
        restore.run();
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("a signal's handler cannot be put back", e);
      }
    }
  }
}
