package io.capoflow.transforms.filesystems;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.Problem;
import io.capoflow.transforms.Rows;
import io.capoflow.transforms.storage.ParquetRows;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configurable;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.CodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Files that a job reads and writes, whose class loader ends with it. */
final class ParquetFilesTest {
  @TempDir private Path directory;

  /** Shows the codecs that Parquet keeps for the process. */
  private static final class Kept extends CodecFactory {
    Kept() {
      super(new PlainParquetConfiguration(), 0);
    }

    CompressionCodec codec(CompressionCodecName name) {
      return getCodec(name);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"ZSTD", "SNAPPY", "GZIP", "LZ4_RAW"})
  void noCodecKeepsTheClassLoaderOfAJob(CompressionCodecName name) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader ofAJob = new URLClassLoader(new URL[0], before)) {
      thread.setContextClassLoader(ofAJob);
      Path file = directory.resolve("rows.parquet");
      ParquetRows.write(file, Problem.class, List.of(Rows.problem("a")));
      assertThat(ParquetRows.read(file, Problem.class)).containsExactly(Rows.problem("a"));
      assertThat(new Kept().codec(name))
          .isInstanceOfSatisfying(
              Configurable.class,
              codec ->
                  assertThat(codec.getConf().getClassLoader())
                      .isSameAs(ParquetFiles.class.getClassLoader()));
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
