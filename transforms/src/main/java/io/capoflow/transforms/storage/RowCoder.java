package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.RecordClasses;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.beam.sdk.coders.CustomCoder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.values.TypeDescriptor;

/**
 * Our records between stages, as Beam's {@link AvroCoder} writes them; readable in a process that
 * knows nothing of them but their classes. Thread-safe.
 */
public final class RowCoder<T extends SpecificRecordBase> extends CustomCoder<T> {
  private static final long serialVersionUID = 1L;

  static {
    RecordClasses.trust();
  }

  private final Class<T> type;
  // Found again on each worker, once the records are trusted there.
  private transient volatile AvroCoder<T> coder;

  private RowCoder(Class<T> type) {
    this.type = requireNonNull(type, "type");
  }

  /** The coder of these records. */
  public static <T extends SpecificRecordBase> RowCoder<T> of(Class<T> type) {
    return new RowCoder<>(type);
  }

  @Override
  public void encode(T row, OutputStream output) throws IOException {
    coder().encode(row, output);
  }

  @Override
  public T decode(InputStream input) throws IOException {
    return coder().decode(input);
  }

  @Override
  public void verifyDeterministic() throws NonDeterministicException {
    coder().verifyDeterministic();
  }

  @Override
  public TypeDescriptor<T> getEncodedTypeDescriptor() {
    return TypeDescriptor.of(type);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RowCoder<?> that && type.equals(that.type);
  }

  @Override
  public int hashCode() {
    return type.hashCode();
  }

  private AvroCoder<T> coder() {
    AvroCoder<T> found = coder;
    if (found == null) {
      found = AvroCoder.specific(type);
      coder = found;
    }
    return found;
  }
}
