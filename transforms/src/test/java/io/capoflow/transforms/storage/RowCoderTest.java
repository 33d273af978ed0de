package io.capoflow.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.Rows;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.beam.sdk.util.SerializableUtils;
import org.junit.jupiter.api.Test;

final class RowCoderTest {
  private static final RowCoder<Rollout> CODER = RowCoder.of(Rollout.class);

  /** The second is longer than what a stream gives at a time, the third shorter again. */
  private static final List<Rollout> ROWS =
      Stream.of("Blank \u2003 and \ud83d\ude80.", "x".repeat(100_000), "")
          .map(response -> Rows.rollout(3, "p", 0, response))
          .toList();

  @Test
  void rowsOneAfterTheOtherAreReadAgain() throws IOException {
    InputStream written = new ByteArrayInputStream(bytes(CODER));
    for (Rollout row : ROWS) {
      assertThat(CODER.decode(written)).isEqualTo(row);
    }
    assertThat(written.read()).isNegative();
  }

  @Test
  void aCoderThatTravelledWritesTheSame() throws IOException {
    RowCoder<Rollout> travelled = SerializableUtils.clone(CODER);
    assertThat(travelled).isEqualTo(CODER);
    assertThat(bytes(travelled)).isEqualTo(bytes(CODER));
  }

  @Test
  void aRowThatIsCutIsRefused() throws IOException {
    byte[] whole = bytes(CODER);
    byte[] cut = Arrays.copyOf(whole, whole.length / 2);
    InputStream input = new ByteArrayInputStream(cut);
    CODER.decode(input);
    assertThatThrownBy(() -> CODER.decode(input)).isInstanceOf(EOFException.class);
  }

  private static byte[] bytes(RowCoder<Rollout> coder) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (Rollout row : ROWS) {
      coder.encode(row, bytes);
    }
    return bytes.toByteArray();
  }
}
