package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.RecordClasses;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.beam.sdk.coders.CustomCoder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.util.VarInt;
import org.apache.beam.sdk.values.TypeDescriptor;

/**
 * Our records between stages: how many bytes they take, then the bytes that Beam's {@link
 * AvroCoder} writes, too. That one asks the engine for a row byte by byte, a thousand times and
 * more for the tokens of a response, and at every border between tasks; this one asks twice.
 *
 * <p>Readable in a process that knows nothing of the records but their classes. Thread-safe.
 */
public final class RowCoder<T extends SpecificRecordBase> extends CustomCoder<T> {
  private static final long serialVersionUID = 1L;

  static {
    RecordClasses.trust();
  }

  private final Class<T> type;
  // Found again on each worker, once the records are trusted there.
  private transient volatile ThreadLocal<Codec<T>> codecs;

  private RowCoder(Class<T> type) {
    this.type = requireNonNull(type, "type");
  }

  /** The coder of these records. */
  public static <T extends SpecificRecordBase> RowCoder<T> of(Class<T> type) {
    return new RowCoder<>(type);
  }

  @Override
  public void encode(T row, OutputStream output) throws IOException {
    codec().write(row, output);
  }

  @Override
  public T decode(InputStream input) throws IOException {
    return codec().read(input);
  }

  @Override
  public void verifyDeterministic() throws NonDeterministicException {
    AvroCoder.specific(type).verifyDeterministic();
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

  private Codec<T> codec() {
    ThreadLocal<Codec<T>> found = codecs;
    if (found == null) {
      found = ThreadLocal.withInitial(() -> new Codec<>(type));
      codecs = found;
    }
    return found.get();
  }

  /** Of one thread. */
  private static final class Codec<T extends SpecificRecordBase> {
    private final SpecificDatumWriter<T> writer;
    private final SpecificDatumReader<T> reader;
    private final ByteArrayOutputStream buffer = new ByteArrayOutputStream();
    private BinaryEncoder encoder;
    private BinaryDecoder decoder;

    Codec(Class<T> type) {
      writer = new SpecificDatumWriter<>(type);
      reader = new SpecificDatumReader<>(type);
    }

    void write(T row, OutputStream output) throws IOException {
      buffer.reset();
      encoder = EncoderFactory.get().binaryEncoder(buffer, encoder);
      writer.write(row, encoder);
      encoder.flush();
      VarInt.encode(buffer.size(), output);
      buffer.writeTo(output);
    }

    T read(InputStream input) throws IOException {
      int length = VarInt.decodeInt(input);
      byte[] bytes = input.readNBytes(length);
      if (bytes.length < length) {
        throw new EOFException("a row of %d bytes ends after %d".formatted(length, bytes.length));
      }
      decoder = DecoderFactory.get().binaryDecoder(bytes, decoder);
      return reader.read(null, decoder);
    }
  }
}
