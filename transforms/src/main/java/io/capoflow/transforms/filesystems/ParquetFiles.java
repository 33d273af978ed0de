package io.capoflow.transforms.filesystems;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Locations;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.parquet.hadoop.util.HadoopStreams;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;
import org.apache.parquet.io.SeekableInputStream;

/** Files for Parquet's readers and writers, wherever they lie. */
public final class ParquetFiles {
  private ParquetFiles() {}

  /** A file to read. */
  public static InputFile input(Path file) {
    return Locations.isLocal(file) ? new LocalInputFile(file) : new Input(HadoopPath.of(file));
  }

  /** A file to write, which is not there yet. */
  public static OutputFile output(Path file) {
    return Locations.isLocal(file) ? new LocalOutputFile(file) : new Output(file);
  }

  private record Input(HadoopPath file) implements InputFile {
    Input {
      requireNonNull(file, "file");
    }

    @Override
    public long getLength() throws IOException {
      return Files.size(file);
    }

    @Override
    public SeekableInputStream newStream() throws IOException {
      try {
        return HadoopStreams.wrap(file.getFileSystem().files().open(file.hadoop()));
      } catch (IOException e) {
        throw HadoopFailures.of(file, e);
      }
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
