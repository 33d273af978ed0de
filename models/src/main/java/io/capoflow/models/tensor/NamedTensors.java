package io.capoflow.models.tensor;

import static java.util.Objects.requireNonNull;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.capoflow.models.checkpoint.TensorBytes;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.schemas.Cancelled;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.stream.LongStream;

/**
 * Named tensors on one device in a fixed order: the weights of a model, or an optimizer's moments.
 * Reading is thread-safe; whatever changes the tensors in place must not run beside it.
 */
public final class NamedTensors implements AutoCloseable {
  /** How much goes between main memory and a device at a time: enough to be fast. */
  public static final int PART_BYTES = 1 << 26;

  private final TorchScript script;
  private final NDManager manager;
  private final List<Entry> entries;
  private final List<NDArray> arrays;

  private record Entry(String name, ScalarType type, long[] shape) {}

  private NamedTensors(
      TorchScript script, NDManager manager, List<Entry> entries, List<NDArray> arrays) {
    this.script = script;
    this.manager = manager;
    this.entries = List.copyOf(entries);
    this.arrays = List.copyOf(arrays);
  }

  /**
   * Copies tensors to a device, in their own type or, where theirs differ, in the narrowest that
   * holds each of them exactly.
   *
   * @param script has the methods of {@code tensor_bytes.py}; stays the caller's
   * @param names which tensors, in which order; each must be in {@code data}
   * @throws Cancelled when the thread is interrupted
   */
  public static NamedTensors copyOf(
      TorchScript script, Device device, List<String> names, SortedMap<String, TensorData> data) {
    return copyOf(script, device, names, data, typeOf(data, names));
  }

  /**
   * The same in a type.
   *
   * @param type of the copies' elements
   */
  public static NamedTensors copyOf(
      TorchScript script,
      Device device,
      List<String> names,
      SortedMap<String, TensorData> data,
      ScalarType type) {
    NDManager manager = Torch.newManager(device);
    try {
      List<Entry> entries = new ArrayList<>();
      List<NDArray> arrays = new ArrayList<>();
      for (String name : names) {
        TensorData tensor = data.get(name);
        entries.add(new Entry(name, type, tensor.shape()));
        arrays.add(toDevice(script, manager, tensor, type));
      }
      return new NamedTensors(script, manager, entries, arrays);
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  /**
   * The narrowest type that holds each of the tensors exactly.
   *
   * @param names which tensors; each must be in {@code data}
   */
  public static ScalarType typeOf(SortedMap<String, TensorData> data, List<String> names) {
    return names.stream()
        .map(name -> ScalarType.valueOf(requireNonNull(data.get(name), name).dtype()))
        .reduce(ScalarType::holdingBoth)
        .orElse(ScalarType.F32);
  }

  /** Zeros with the names, types, shapes and device of these, which must be F32 or F64. */
  public NamedTensors zeros() {
    NDManager own = Torch.newManager(manager.getDevice());
    List<NDArray> zeros =
        entries.stream()
            .map(entry -> own.zeros(new Shape(entry.shape()), trainable(entry.type())))
            .toList();
    return new NamedTensors(script, own, entries, zeros);
  }

  /** Names in order. */
  public List<String> names() {
    return entries.stream().map(Entry::name).toList();
  }

  /** The tensors themselves, in order; they stay this object's. */
  public List<NDArray> arrays() {
    return arrays;
  }

  /** The tensors themselves by name, in order; they stay this object's. */
  public Map<String, NDArray> named() {
    Map<String, NDArray> named = new LinkedHashMap<>();
    for (int i = 0; i < entries.size(); i++) {
      named.put(entries.get(i).name(), arrays.get(i));
    }
    return Collections.unmodifiableMap(named);
  }

  /** Dimensions of the tensor at an index. */
  public long[] shape(int index) {
    return entries.get(index).shape().clone();
  }

  /** Element type of all tensors. */
  public ScalarType type() {
    return entries.get(0).type();
  }

  /** An owner for tensors of one piece of work on this device; the caller closes it. */
  public NDManager newScope() {
    return manager.newSubManager();
  }

  public Device device() {
    return manager.getDevice();
  }

  /** Copies of all tensors in main memory, by name. */
  public SortedMap<String, TensorData> data() {
    return byName(
        i -> {
          List<ByteBuffer> parts = new ArrayList<>();
          content(script, arrays.get(i), type()).parts().forEach(parts::add);
          return TensorBytes.of(parts);
        });
  }

  /**
   * All tensors by name, each copied from the device part by part when it is read: what {@link
   * #data} is for models that fill the memory. Nothing may change the tensors or close this
   * meanwhile.
   */
  public SortedMap<String, TensorData> view() {
    return byName(i -> content(script, arrays.get(i), type()));
  }

  /**
   * A tensor's bytes, copied from its device part by part as they are read. Nothing may change or
   * close it meanwhile.
   *
   * @param script has the methods of {@code tensor_bytes.py}
   * @param type of the tensor's elements
   */
  public static TensorBytes content(TorchScript script, NDArray tensor, ScalarType type) {
    long elements = tensor.size();
    int step = PART_BYTES / type.bytes();
    return new TensorBytes() {
      @Override
      public long length() {
        return elements * type.bytes();
      }

      @Override
      public Iterable<ByteBuffer> parts() {
        return () ->
            LongStream.iterate(0, start -> start < elements, start -> start + step)
                .mapToObj(start -> bytes(script, tensor, start, Math.min(step, elements - start)))
                .iterator();
      }
    };
  }

  @Override
  public void close() {
    manager.close();
  }

  private SortedMap<String, TensorData> byName(IntFunction<TensorBytes> content) {
    TreeMap<String, TensorData> data = new TreeMap<>();
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      data.put(entry.name(), new TensorData(entry.type().name(), entry.shape(), content.apply(i)));
    }
    return Collections.unmodifiableSortedMap(data);
  }

  private static NDArray toDevice(
      TorchScript script, NDManager manager, TensorData tensor, ScalarType to) {
    ScalarType from = ScalarType.valueOf(tensor.dtype());
    NDArray target = empty(script, manager, tensor.shape(), to);
    long at = 0;
    for (ByteBuffer part : tensor.content().parts()) {
      while (part.hasRemaining()) {
        Cancelled.throwIfInterrupted("copying tensors to a device");
        ByteBuffer bytes =
            direct(part.slice(part.position(), Math.min(PART_BYTES, part.remaining())));
        try (NDManager scope = manager.newSubManager()) {
          NDArray raw = scope.create(bytes, new Shape(bytes.limit()), DataType.UINT8);
          script.run("copy_from_bytes", target, at / from.bytes(), raw, from.code());
        }
        part.position(part.position() + bytes.limit());
        at += bytes.limit();
      }
    }
    return target;
  }

  private static NDArray empty(
      TorchScript script, NDManager manager, long[] shape, ScalarType type) {
    return switch (type) {
      case F16, BF16 -> {
        long[] form = LongStream.concat(LongStream.of(type.code()), Arrays.stream(shape)).toArray();
        try (NDManager scope = manager.newSubManager();
            NDManager host = Torch.newHostScope(scope)) {
          NDArray here = scope.create(new Shape(0), DataType.UINT8);
          yield script
              .differentiate(
                  manager, "empty_tensor", List.of(Map.of("here", here, "form", host.create(form))))
              .singletonOrThrow();
        }
      }
      // What TorchScript allocates here can never take part in autograd.
      case F32, F64 -> manager.zeros(new Shape(shape), trainable(type));
    };
  }

  /** The buffer itself where the engine can read it in place: a mapped file is not copied. */
  private static ByteBuffer direct(ByteBuffer source) {
    if (source.isDirect()) {
      return source;
    }
    return ByteBuffer.allocateDirect(source.remaining()).put(source).flip();
  }

  private static DataType trainable(ScalarType type) {
    return switch (type) {
      case F32 -> DataType.FLOAT32;
      case F64 -> DataType.FLOAT64;
      case F16, BF16 -> throw new IllegalArgumentException("not for training: " + type);
    };
  }

  private static ByteBuffer bytes(TorchScript script, NDArray tensor, long start, long count) {
    try (NDManager scope = tensor.getManager().newSubManager()) {
      NDArray raw =
          script.call(scope, "bytes_from_tensor", tensor, start, count).singletonOrThrow();
      return ByteBuffer.wrap(raw.toByteArray()).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
