package io.capoflow.models.tensor;

import static java.util.Objects.requireNonNull;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.capoflow.models.checkpoint.TensorData;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;

/**
 * Named tensors on one device in a fixed order: the weights of a model, or an optimizer's moments.
 * Reading is thread-safe; whatever changes the tensors in place must not run beside it.
 */
public final class NamedTensors implements AutoCloseable {
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
   * Copies tensors to a device.
   *
   * @param script has the methods of {@code tensor_bytes.py}; stays the caller's
   * @param names which tensors, in which order; each must be in {@code data}
   */
  public static NamedTensors copyOf(
      TorchScript script, Device device, List<String> names, SortedMap<String, TensorData> data) {
    return copyOf(script, device, names, data, UnaryOperator.identity());
  }

  /** The same with half-precision tensors as float32. */
  public static NamedTensors widenedCopyOf(
      TorchScript script, Device device, List<String> names, SortedMap<String, TensorData> data) {
    return copyOf(
        script,
        device,
        names,
        data,
        type ->
            switch (type) {
              case F16, BF16, F32 -> ScalarType.F32;
              case F64 -> ScalarType.F64;
            });
  }

  private static NamedTensors copyOf(
      TorchScript script,
      Device device,
      List<String> names,
      SortedMap<String, TensorData> data,
      UnaryOperator<ScalarType> typeHere) {
    NDManager manager = Torch.newManager(device);
    try {
      List<Entry> entries = new ArrayList<>();
      List<NDArray> arrays = new ArrayList<>();
      for (String name : names) {
        TensorData tensor = requireNonNull(data.get(name), name);
        ScalarType type = ScalarType.valueOf(tensor.dtype());
        entries.add(new Entry(name, typeHere.apply(type), tensor.shape()));
        arrays.add(toDevice(script, manager, tensor, type, typeHere.apply(type)));
      }
      return new NamedTensors(script, manager, entries, arrays);
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
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

  /** Dimensions of the tensor at an index. */
  public long[] shape(int index) {
    return entries.get(index).shape().clone();
  }

  /** Element type of the first tensor. */
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
    TreeMap<String, TensorData> data = new TreeMap<>();
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      data.put(
          entry.name(), new TensorData(entry.type().name(), entry.shape(), bytes(arrays.get(i))));
    }
    return Collections.unmodifiableSortedMap(data);
  }

  @Override
  public void close() {
    manager.close();
  }

  private static NDArray toDevice(
      TorchScript script, NDManager manager, TensorData tensor, ScalarType from, ScalarType to) {
    ByteBuffer direct = direct(tensor.bytes().duplicate().rewind());
    try (NDManager scope = manager.newSubManager()) {
      NDArray raw = scope.create(direct, new Shape(direct.remaining()), DataType.UINT8);
      return switch (to) {
        case F16, BF16 -> {
          long[] form =
              LongStream.concat(LongStream.of(from.code()), Arrays.stream(tensor.shape()))
                  .toArray();
          NDArray onHost = scope.newSubManager(Device.cpu()).create(form);
          yield script
              .differentiate(manager, "frozen_from_bytes", List.of(raw, onHost), List.of())
              .singletonOrThrow();
        }
        case F32, F64 -> {
          // What TorchScript allocates here can never take part in autograd.
          NDArray target = manager.zeros(new Shape(tensor.shape()), trainable(to));
          script.run("copy_from_bytes", target, raw, from.code());
          yield target;
        }
      };
    }
  }

  /** The buffer itself where the engine can read it in place: a mapped file is not copied. */
  private static ByteBuffer direct(ByteBuffer source) {
    if (source.isDirect()) {
      return source.slice();
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

  private ByteBuffer bytes(NDArray array) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray raw = script.call(scope, "bytes_from_tensor", array).singletonOrThrow();
      return ByteBuffer.wrap(raw.toByteArray()).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
