package io.capoflow.transforms.journal;

import io.capoflow.schemas.JournalledAnswer;
import io.capoflow.schemas.RecordClasses;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.ParquetRows;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.avro.specific.SpecificData;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.avro.AvroReadSupport;
import org.apache.parquet.avro.AvroWriteSupport;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.filter2.compat.FilterCompat;
import org.apache.parquet.filter2.predicate.FilterApi;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.MessageColumnIO;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordMaterializer;
import org.apache.parquet.schema.MessageType;

/**
 * Answers as a Parquet file that is sorted by request and index. In memory are the first 64 bits of
 * each request's digest; to find the answers to one, a page of each column is read. Immutable and
 * thread-safe.
 */
final class AnswersFile implements AutoCloseable {
  private static final String START = "answers-";
  private static final String END = ".parquet";

  /** The column that a file is sorted by. */
  private static final String REQUEST = "request";

  static {
    RecordClasses.trust();
  }

  private final Path file;
  private final FileChannel channel;
  private final ParquetMetadata footer;
  private final long[] prefixes;
  private final Origins origins;

  /** Each for one thread at a time; making one takes longer than finding an answer. */
  private final Queue<RecordMaterializer<JournalledAnswer>> materializers =
      new ConcurrentLinkedQueue<>();

  private AnswersFile(
      Path file, FileChannel channel, ParquetMetadata footer, long[] prefixes, Origins origins) {
    this.file = file;
    this.channel = channel;
    this.footer = footer;
    this.prefixes = prefixes;
    this.origins = origins;
  }

  static boolean isAnswers(Path file) {
    String name = file.getFileName().toString();
    return name.startsWith(START) && name.endsWith(END);
  }

  /** A draft of one, of a compaction that was killed or goes on. */
  static boolean isDraft(Path file) {
    return file.getFileName().toString().startsWith("." + START);
  }

  /** A name that no other has. */
  static Path inFolder(Path folder, String time, String unique) {
    return folder.resolve(START + time + "-" + unique + END);
  }

  /**
   * Opens one.
   *
   * @throws UserMistake when it is damaged
   * @throws NoSuchFileException when it is not there
   */
  static AnswersFile open(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try (ParquetFileReader reader =
        ParquetFileReader.open(new ChannelInput(channel), options(FilterCompat.NOOP))) {
      long[] prefixes = prefixes(reader);
      Origins origins = Origins.of(reader.getFileMetaData().getKeyValueMetaData());
      return new AnswersFile(file, channel, reader.getFooter(), prefixes, origins);
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      // Damaged bytes make the decoders fail in any way.
      channel.close();
      throw damaged(file, e);
    }
  }

  private static ParquetReadOptions options(FilterCompat.Filter filter) {
    return ParquetReadOptions.builder(new PlainParquetConfiguration())
        .withRecordFilter(filter)
        .usePageChecksumVerification()
        .build();
  }

  /** Of each request once, in the order of the file. */
  private static long[] prefixes(ParquetFileReader reader) throws IOException {
    MessageType schema = reader.getFileMetaData().getSchema();
    MessageType requests = new MessageType(schema.getName(), schema.getType(REQUEST));
    reader.setRequestedSchema(requests);
    MessageColumnIO columns = new ColumnIOFactory().getColumnIO(requests);
    long[] prefixes = new long[Math.toIntExact(reader.getRecordCount())];
    int count = 0;
    for (PageReadStore pages = reader.readNextRowGroup();
        pages != null;
        pages = reader.readNextRowGroup()) {
      RecordReader<Group> rows = columns.getRecordReader(pages, new GroupRecordConverter(requests));
      for (long row = 0; row < pages.getRowCount(); row++) {
        long prefix = KeptAnswer.prefix(rows.read().getString(REQUEST, 0));
        if (count == 0 || prefixes[count - 1] != prefix) {
          prefixes[count] = prefix;
          count++;
        }
      }
    }
    return Arrays.copyOf(prefixes, count);
  }

  /** What it was made of. */
  Origins origins() {
    return origins;
  }

  long answers() {
    return footer.getBlocks().stream().mapToLong(BlockMetaData::getRowCount).sum();
  }

  Path file() {
    return file;
  }

  String name() {
    return file.getFileName().toString();
  }

  long bytes() {
    try {
      return channel.size();
    } catch (IOException e) {
      throw damaged(file, e);
    }
  }

  /**
   * All answers to a request.
   *
   * @throws UserMistake when they are damaged
   */
  List<KeptAnswer> find(String request) {
    if (!has(KeptAnswer.prefix(request))) {
      return List.of();
    }
    List<KeptAnswer> found = new ArrayList<>();
    FilterCompat.Filter its =
        FilterCompat.get(FilterApi.eq(FilterApi.binaryColumn(REQUEST), Binary.fromString(request)));
    try (Rows rows = new Rows(its)) {
      rows.forEachRemaining(found::add);
    }
    if (found.isEmpty()) {
      // Parquet guards pages by checksums, but not the index by which they are found.
      throw damaged(file, new IOException("it has no answers to " + request));
    }
    return found;
  }

  /**
   * Whether a digest that begins so may be there: the prefixes are in order, as unsigned numbers.
   */
  private boolean has(long prefix) {
    int from = 0;
    int to = prefixes.length;
    while (from < to) {
      int middle = (from + to) >>> 1;
      if (Long.compareUnsigned(prefixes[middle], prefix) < 0) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from < prefixes.length && prefixes[from] == prefix;
  }

  /** All answers, in order; whoever asks closes it. Throws {@link UserMistake} at damaged ones. */
  Rows rows() {
    return new Rows(FilterCompat.NOOP);
  }

  /** Answers, row group by row group. */
  final class Rows implements Iterator<KeptAnswer>, AutoCloseable {
    private final FilterCompat.Filter filter;
    private final ParquetFileReader reader;
    private final MessageColumnIO columns;
    private final RecordMaterializer<JournalledAnswer> materializer;
    private Optional<RecordReader<JournalledAnswer>> group = Optional.empty();
    private long left;
    private Optional<KeptAnswer> next;
    private boolean damaged;

    private Rows(FilterCompat.Filter filter) {
      this.filter = filter;
      try {
        ChannelInput input = new ChannelInput(channel);
        reader = ParquetFileReader.open(input, footer, options(filter), input.newStream());
        MessageType schema = footer.getFileMetaData().getSchema();
        columns =
            new ColumnIOFactory(footer.getFileMetaData().getCreatedBy())
                .getColumnIO(schema, schema, true);
        RecordMaterializer<JournalledAnswer> used = materializers.poll();
        materializer = used == null ? materializer(schema) : used;
        next = read();
      } catch (IOException | RuntimeException | OutOfMemoryError e) {
        throw damaged(file, e);
      }
    }

    private RecordMaterializer<JournalledAnswer> materializer(MessageType schema) {
      ParquetConfiguration configuration = new PlainParquetConfiguration();
      configuration.setBoolean(AvroWriteSupport.WRITE_OLD_LIST_STRUCTURE, false);
      configuration.setBoolean(AvroReadSupport.AVRO_COMPATIBILITY, false);
      configuration.set(
          ParquetRows.READ_SCHEMA, ParquetRows.schema(JournalledAnswer.class).toString());
      Map<String, String> metadata = footer.getFileMetaData().getKeyValueMetaData();
      AvroReadSupport<JournalledAnswer> support = new AvroReadSupport<>(SpecificData.get());
      return support.prepareForRead(
          configuration, metadata, schema, support.init(configuration, metadata, schema));
    }

    private Optional<KeptAnswer> read() throws IOException {
      while (true) {
        while (left > 0) {
          JournalledAnswer row = group.orElseThrow().read();
          left--;
          if (row != null && !group.get().shouldSkipCurrentRecord()) {
            return Optional.of(KeptAnswer.of(row));
          }
        }
        PageReadStore pages = reader.readNextFilteredRowGroup();
        if (pages == null) {
          return Optional.empty();
        }
        group = Optional.of(columns.getRecordReader(pages, materializer, filter));
        left = pages.getRowCount();
      }
    }

    @Override
    public boolean hasNext() {
      return next.isPresent();
    }

    @Override
    public KeptAnswer next() {
      KeptAnswer answer = next.orElseThrow(NoSuchElementException::new);
      try {
        next = read();
      } catch (IOException | RuntimeException | OutOfMemoryError e) {
        damaged = true;
        throw damaged(file, e);
      }
      return answer;
    }

    @Override
    public void close() {
      if (!damaged) {
        materializers.add(materializer);
      }
      try {
        reader.close();
      } catch (IOException e) {
        throw damaged(file, e);
      }
    }
  }

  private static UserMistake damaged(Path file, Throwable failure) {
    return new UserMistake(
        "%s is damaged (%s): restore it, or move it out of the journal, and its answers are asked for again"
            .formatted(file, String.valueOf(failure.getMessage()).lines().findFirst().orElse("")),
        failure);
  }

  /** In memory for each file: a number a request. */
  int requests() {
    return prefixes.length;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
