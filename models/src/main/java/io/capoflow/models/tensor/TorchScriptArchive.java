package io.capoflow.models.tensor;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The file that {@code torch.jit.load} reads, made without Python: a zip of stored entries that
 * holds the module's code, a pickle of the module object and a pickle of its (absent) constants.
 */
final class TorchScriptArchive {
  private static final byte PROTOCOL = (byte) 0x80;
  private static final byte NEW_OBJECT = (byte) 0x81;
  private static final byte TRUE = (byte) 0x88;

  private TorchScriptArchive() {}

  /**
   * An archive of one module.
   *
   * @param source text of the class {@code Module_}
   */
  static byte[] of(String source) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setMethod(ZipOutputStream.STORED);
      store(zip, "module/data.pkl", moduleObject());
      store(zip, "module/code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
      store(zip, "module/constants.pkl", new byte[] {PROTOCOL, 2, ')', '.'});
      store(zip, "module/version", "10\n".getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("an array takes every byte", e);
    }
    return bytes.toByteArray();
  }

  /** Pickle of {@code Module_()} with the state {@code {"training": True}}. */
  private static byte[] moduleObject() {
    byte[] attribute = "training".getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream pickle = new ByteArrayOutputStream();
    pickle.writeBytes(new byte[] {PROTOCOL, 2, 'c'});
    pickle.writeBytes("__torch__\nModule_\n".getBytes(StandardCharsets.UTF_8));
    pickle.writeBytes(new byte[] {'q', 0, ')', NEW_OBJECT, '}', '('});
    pickle.writeBytes(new byte[] {'X', (byte) attribute.length, 0, 0, 0});
    pickle.writeBytes(attribute);
    pickle.writeBytes(new byte[] {'q', 1, TRUE, 'u', 'b', 'q', 2, '.'});
    return pickle.toByteArray();
  }

  private static void store(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
    CRC32 checksum = new CRC32();
    checksum.update(bytes);
    ZipEntry entry = new ZipEntry(name);
    entry.setTime(0);
    entry.setSize(bytes.length);
    entry.setCompressedSize(bytes.length);
    entry.setCrc(checksum.getValue());
    zip.putNextEntry(entry);
    zip.write(bytes);
    zip.closeEntry();
  }
}
