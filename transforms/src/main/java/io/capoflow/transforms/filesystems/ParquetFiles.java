package io.capoflow.transforms.filesystems;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Locations;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.CodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.DelegatingSeekableInputStream;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;
import org.apache.parquet.io.SeekableInputStream;

/** Files for Parquet's readers and writers, wherever they lie. */
public final class ParquetFiles {
  /** What our files and most of others are written with. */
  private static final List<CompressionCodecName> CODECS =
      List.of(
          CompressionCodecName.ZSTD,
          CompressionCodecName.SNAPPY,
          CompressionCodecName.GZIP,
          CompressionCodecName.LZ4_RAW);

  static {
    keepCodecs();
  }

  private ParquetFiles() {}

  /**
   * Parquet keeps a codec for the process, with a configuration of Hadoop, and in it the class
   * loader of whoever used it first: a job's, which is closed when the job ends. Hadoop reads its
   * configurations anew when another file system comes, and every file would be unreadable then. So
   * the process itself is the first to use them.
   */
  private static void keepCodecs() {
    try {
      HadoopThreads.startedHere(
          () -> {
            CodecFactory codecs = new CodecFactory(new PlainParquetConfiguration(), 0);
            CODECS.forEach(codecs::getDecompressor);
            codecs.release();
            return true;
          });
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  /** A file to read. */
  public static InputFile input(Path file) {
    return Locations.isLocal(file) ? new LocalInputFile(file) : new Input(file);
  }

  /** A file to write, which is not there yet. */
  public static OutputFile output(Path file) {
    return Locations.isLocal(file) ? new LocalOutputFile(file) : new Output(file);
  }

  /** Parquet asks for the length, and for several streams: a small file is fetched once. */
  private static final class Input implements InputFile {
    private final Path file;
    private Optional<ContentChannel> whole = Optional.empty();

    Input(Path file) {
      this.file = requireNonNull(file, "file");
    }

    private synchronized SeekableByteChannel channel() throws IOException {
      if (whole.isPresent()) {
        return whole.get().again();
      }
      SeekableByteChannel opened = Files.newByteChannel(file);
      if (opened instanceof ContentChannel content) {
        whole = Optional.of(content);
      }
      return opened;
    }

    @Override
    public long getLength() throws IOException {
      try (SeekableByteChannel channel = channel()) {
        return channel.size();
      }
    }

    @Override
    public SeekableInputStream newStream() throws IOException {
      return new Seekable(channel());
    }
  }

  /** Reads a channel. */
  private static final class Seekable extends DelegatingSeekableInputStream {
    private final SeekableByteChannel channel;

    Seekable(SeekableByteChannel channel) {
      super(Channels.newInputStream(channel));
      this.channel = channel;
    }

    @Override
    public long getPos() throws IOException {
      return channel.position();
    }

    @Override
    public void seek(long position) throws IOException {
      channel.position(position);
    }
  }

  private record Output(Path file) implements OutputFile {
    Output {
      requireNonNull(file, "file");
    }

    @Override
    public PositionOutputStream create(long blockBytes) throws IOException {
      return new Counted(
          Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    }

    @Override
    public PositionOutputStream createOrOverwrite(long blockBytes) throws IOException {
      return new Counted(Files.newOutputStream(file));
    }

    @Override
    public boolean supportsBlockSize() {
      return false;
    }

    @Override
    public long defaultBlockSize() {
      return -1;
    }
  }

  /** Says how far it is. */
  private static final class Counted extends PositionOutputStream {
    private final OutputStream stream;
    private long position;

    Counted(OutputStream stream) {
      this.stream = stream;
    }

    @Override
    public long getPos() {
      return position;
    }

    @Override
    public void write(int oneByte) throws IOException {
      stream.write(oneByte);
      position++;
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      stream.write(bytes, from, count);
      position += count;
    }

    @Override
    public void flush() throws IOException {
      stream.flush();
    }

    @Override
    public void close() throws IOException {
      stream.close();
    }
  }
}
