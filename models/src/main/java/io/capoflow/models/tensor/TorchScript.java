package io.capoflow.models.tensor;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * A compiled TorchScript module without parameters or state of its own: whatever it works on is
 * passed in, so neither device nor dtype is part of it.
 *
 * <p>A graph runs as written: the profiling optimiser is off, since its second run of a method may
 * round differently from its first. Scripts of one text share what is compiled. Thread-safe until
 * closed.
 */
public final class TorchScript implements AutoCloseable {
  private final String source;
  private final PtSymbolBlock module;
  private final AtomicBoolean open = new AtomicBoolean(true);

  private TorchScript(String source, PtSymbolBlock module) {
    this.source = source;
    this.module = module;
  }

  /**
   * Compiles methods from resources beside this package's {@code torchscript} folder.
   *
   * @param resources file names; each holds methods, which take {@code self} first, and records,
   *     which extend {@code NamedTuple}
   * @param constants replaces {@code $name} by its value in the text; every one that a text names
   *     must be there
   */
  public static TorchScript compile(List<String> resources, Map<String, String> constants) {
    String source = TorchScriptSource.assemble(resources.stream().map(TorchScript::text).toList());
    return compile(TorchScriptSource.substitute(source, constants));
  }

  /** Compiles a module's text as {@link TorchScriptSource#assemble} gives it. */
  static TorchScript compile(String source) {
    return new TorchScript(source, CompiledModules.ofProcess().take(source).block());
  }

  /**
   * Calls a method without autograd.
   *
   * @param outputs owner of the returned tensors
   * @param arguments {@link NDArray} as Tensor, a list of them as List[Tensor], a map from strings
   *     to them as Dict[str, Tensor], int and long as int, float and double as float, boolean as
   *     bool, {@code long[]} as List[int], {@link Value} as what it holds
   * @return the tensors returned: one, those of a tuple or list in order, or those of a dictionary,
   *     each with its key as its name
   */
  public NDList call(NDManager outputs, String method, Object... arguments) {
    requireNonNull(outputs, "outputs");
    return invoke(
        method,
        arguments,
        result -> {
          try (result) {
            return result.toNDList((PtNDManager) outputs);
          }
        });
  }

  /** Calls a method for what it does to its arguments; the value returned is dropped. */
  public void run(String method, Object... arguments) {
    invoke(method, arguments, result -> result).close();
  }

  /**
   * Calls a method without autograd for a value of the script's own types, such as a record, which
   * Java only hands back. It holds tensors in place of the arrays that it was made of: what changes
   * in those changes in it.
   *
   * @param arguments as {@link #call} takes them
   */
  public Value evaluate(String method, Object... arguments) {
    return new Value(invoke(method, arguments, result -> result));
  }

  /** What {@link #evaluate} returned, for calls of the same script. Thread-safe until closed. */
  public static final class Value implements AutoCloseable {
    private final IValue held;

    private Value(IValue held) {
      this.held = held;
    }

    @Override
    public void close() {
      held.close();
    }
  }

  /**
   * Calls a method with autograd on. Forward and backward both happen inside the method, so that no
   * autograd state outlives the call.
   *
   * @param outputs owner of the returned tensors
   * @param dictionaries the arguments, each a non-empty Dict[str, Tensor]; renames its arrays, so
   *     they must not be in use by another thread's call of this method
   * @return as {@link #call} returns them
   */
  public NDList differentiate(
      NDManager outputs, String method, List<Map<String, NDArray>> dictionaries) {
    // The engine runs a method with autograd only when its name travels as an array's name, and a
    // dictionary only when its keys do.
    try (NDArray called = outputs.create(0f)) {
      called.setName("module_method:" + method);
      NDList inputs = new NDList(called);
      for (int i = 0; i < dictionaries.size(); i++) {
        String argument = "argument" + i + ".";
        dictionaries
            .get(i)
            .forEach(
                (name, tensor) -> {
                  tensor.setName(argument + name);
                  inputs.add(tensor);
                });
      }
      JniUtils.setGraphExecutorOptimize(false);
      NDList results = Torch.withGradients(true, () -> IValueUtils.forward(module, inputs, true));
      results.attach(outputs);
      return results;
    }
  }

  /**
   * The same memory under other arrays, for a thread that differentiates while another does.
   *
   * @param owner of those arrays
   */
  public static Map<String, NDArray> aliases(NDManager owner, Map<String, NDArray> tensors) {
    Map<String, NDArray> aliases = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          NDArray alias = tensor.stopGradient();
          alias.attach(owner);
          aliases.put(name, alias);
        });
    return Collections.unmodifiableMap(aliases);
  }

  @Override
  public void close() {
    if (open.compareAndSet(true, false)) {
      CompiledModules.ofProcess().giveBack(source);
    }
  }

  private <T> T invoke(String method, Object[] arguments, Function<IValue, T> read) {
    IValue[] values = new IValue[arguments.length];
    try {
      for (int i = 0; i < arguments.length; i++) {
        values[i] = value(arguments[i]);
      }
      JniUtils.setGraphExecutorOptimize(false);
      return Torch.withGradients(
          false, () -> read.apply(IValueUtils.runMethod(module, method, values)));
    } finally {
      for (int i = 0; i < arguments.length; i++) {
        if (values[i] != null && !(arguments[i] instanceof Value)) {
          values[i].close();
        }
      }
    }
  }

  private static IValue value(Object argument) {
    if (argument instanceof Value value) {
      return value.held;
    }
    if (argument instanceof PtNDArray tensor) {
      return IValue.from(tensor);
    }
    if (argument instanceof List<?> tensors) {
      return IValue.listFrom(tensors.stream().map(PtNDArray.class::cast).toArray(PtNDArray[]::new));
    }
    if (argument instanceof Map<?, ?> tensors) {
      Map<String, PtNDArray> dictionary = new LinkedHashMap<>();
      tensors.forEach((name, tensor) -> dictionary.put((String) name, (PtNDArray) tensor));
      return IValue.stringMapFrom(dictionary);
    }
    if (argument instanceof Integer || argument instanceof Long) {
      return IValue.from(((Number) argument).longValue());
    }
    if (argument instanceof Float || argument instanceof Double) {
      return IValue.from(((Number) argument).doubleValue());
    }
    if (argument instanceof Boolean flag) {
      return IValue.from((boolean) flag);
    }
    if (argument instanceof long[] numbers) {
      return IValue.listFrom(numbers);
    }
    throw new IllegalArgumentException("no TorchScript argument: " + argument);
  }

  private static String text(String resource) {
    String path = "/io/capoflow/models/torchscript/" + resource;
    try (InputStream in = TorchScript.class.getResourceAsStream(path)) {
      return new String(
          requireNonNull(in, () -> "missing resource " + path).readAllBytes(),
          StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + path, e);
    }
  }
}
