package io.capoflow.models.stub;

import io.capoflow.schemas.Digests;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Numbers that look random and are a pure function of what they are drawn for. */
final class StubDraw {
  private StubDraw() {}

  /** Any long. */
  static long of(long seed, String text) {
    byte[] bytes = (seed + ":" + text).getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.wrap(Digests.sha256().digest(bytes)).getLong();
  }
}
