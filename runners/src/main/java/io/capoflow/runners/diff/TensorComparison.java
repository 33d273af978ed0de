package io.capoflow.runners.diff;

import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.runners.diff.Difference.Field;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Finds the first tensor of two policies that differs, and where in it. */
final class TensorComparison {
  private static final Map<String, Integer> BYTES =
      Map.of("F64", 8, "I64", 8, "F32", 4, "I32", 4, "F16", 2, "BF16", 2, "I16", 2, "U8", 1);

  private TensorComparison() {}

  /**
   * The first difference, file by file and tensor by tensor, in the order of names.
   *
   * @param where names the policy
   */
  static Optional<Difference> first(String where, Path left, Path right) {
    TreeSet<String> files = new TreeSet<>(tensorFiles(left));
    files.addAll(tensorFiles(right));
    for (String file : files) {
      Path a = left.resolve(file);
      Path b = right.resolve(file);
      if (!Files.exists(a) || !Files.exists(b)) {
        // A retention rule drops old optimizer states: their absence is no difference in content.
        continue;
      }
      Optional<Difference> found =
          first(where + ", " + file, Safetensors.read(a), Safetensors.read(b));
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private static List<String> tensorFiles(Path directory) {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> name.endsWith(".safetensors"))
          .toList();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException("cannot list " + directory, e);
    }
  }

  private static Optional<Difference> first(
      String where, SortedMap<String, TensorData> left, SortedMap<String, TensorData> right) {
    TreeSet<String> names = new TreeSet<>(left.keySet());
    names.addAll(right.keySet());
    for (String name : names) {
      String tensor = where + ", tensor " + name;
      TensorData a = left.get(name);
      TensorData b = right.get(name);
      if (a == null || b == null) {
        return Optional.of(
            Difference.at(tensor + ": only in the " + (a == null ? "second" : "first") + " run"));
      }
      String formA = a.dtype() + Arrays.toString(a.shape());
      String formB = b.dtype() + Arrays.toString(b.shape());
      if (!formA.equals(formB)) {
        return Optional.of(
            new Difference(tensor, Optional.of(new Field("dtype and shape", formA, formB))));
      }
      Optional<Field> field = firstElement(a, b);
      if (field.isPresent()) {
        return Optional.of(new Difference(tensor, field));
      }
    }
    return Optional.empty();
  }

  /** The first element that differs, of tensors of one form. */
  private static Optional<Field> firstElement(TensorData a, TensorData b) {
    int width = BYTES.getOrDefault(a.dtype(), 1);
    // Files of one form are mapped in parts of the same lengths.
    Iterator<ByteBuffer> others = b.content().parts().iterator();
    long before = 0;
    for (ByteBuffer part : a.content().parts()) {
      ByteBuffer other = others.next();
      int position = part.mismatch(other);
      if (position >= 0) {
        int start = position / width * width;
        return Optional.of(
            new Field(
                "element " + (before + start) / width,
                shown(a.dtype(), part, start),
                shown(a.dtype(), other, start)));
      }
      before += part.limit();
    }
    return Optional.empty();
  }

  private static String shown(String dtype, ByteBuffer bytes, int start) {
    return switch (dtype) {
      case "F32" -> Float.toString(bytes.getFloat(start));
      case "F64" -> Double.toString(bytes.getDouble(start));
      case "I64" -> Long.toString(bytes.getLong(start));
      default -> "byte " + bytes.get(start);
    };
  }
}
