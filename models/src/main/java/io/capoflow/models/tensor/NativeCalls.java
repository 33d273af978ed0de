package io.capoflow.models.tensor;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/** Calls of the C library and of libtorch for which DJL has no method. */
final class NativeCalls {
  /** Bytes of a {@code std::string} of libstdc++, and where its length lies in it. */
  private static final int STRING_BYTES = 32;

  private static final int STRING_LENGTH_OFFSET = 8;

  private NativeCalls() {}

  /**
   * Sets a variable in this process's own environment. Java's {@link System#getenv} keeps what it
   * read when the process began, and so do the environments of the processes that Java starts.
   *
   * @throws UnsatisfiedLinkError where the C library cannot be called
   */
  static void setEnvironment(String name, String value) {
    int status =
        NativeLibrary.getInstance(Platform.C_LIBRARY_NAME)
            .getFunction("setenv")
            .invokeInt(new Object[] {name, value, 1});
    if (status != 0) {
      throw new IllegalStateException("the C library refused to set " + name);
    }
  }

  /** A variable of this process's own environment, as libraries find it. */
  static Optional<String> environment(String name) {
    return Optional.ofNullable(
        NativeLibrary.getInstance(Platform.C_LIBRARY_NAME)
            .getFunction("getenv")
            .invokeString(new Object[] {name}, false));
  }

  /** The version of the C library; empty where it is not GNU's. */
  static Optional<String> libcVersion() {
    return function(Platform.C_LIBRARY_NAME, "gnu_get_libc_version")
        .map(version -> version.invokeString(new Object[0], false));
  }

  /** The result of a function of libtorch that takes nothing and returns a {@code std::string}. */
  static Optional<String> libtorchString(Path libtorchCpu, String symbol) {
    return function(libtorchCpu.toString(), symbol)
        .map(
            function -> {
              // It writes its result where its hidden first argument points to.
              Memory result = new Memory(STRING_BYTES);
              function.invokePointer(new Object[] {result});
              int length = Math.toIntExact(result.getLong(STRING_LENGTH_OFFSET));
              return new String(
                  result.getPointer(0).getByteArray(0, length), StandardCharsets.US_ASCII);
            });
  }

  /** The result of a function of libtorch, or of a library that it loads. */
  static Optional<Integer> libtorchInt(Path libtorchCpu, String symbol, Object... arguments) {
    return function(libtorchCpu.toString(), symbol).map(function -> function.invokeInt(arguments));
  }

  private static Optional<Function> function(String library, String symbol) {
    try {
      return Optional.of(NativeLibrary.getInstance(library).getFunction(symbol));
    } catch (UnsatisfiedLinkError notThere) {
      return Optional.empty();
    }
  }
}
