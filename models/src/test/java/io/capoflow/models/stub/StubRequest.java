package io.capoflow.models.stub;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A request as a server reads it.
 *
 * @param target path and query
 * @param headers by their names in lower case
 */
public record StubRequest(String method, String target, Map<String, String> headers, String body) {
  /** The path without the query. */
  public String path() {
    int query = target.indexOf('?');
    return query < 0 ? target : target.substring(0, query);
  }

  /** Reads the next one of a connection; empty where the client closed it. */
  static Optional<StubRequest> read(InputStream input) throws IOException {
    String first = line(input);
    if (first.isEmpty()) {
      return Optional.empty();
    }
    String[] words = first.split(" ", -1);
    Map<String, String> headers = new TreeMap<>();
    for (String line = line(input); !line.isEmpty(); line = line(input)) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
    byte[] body = input.readNBytes(length);
    if (body.length < length) {
      throw new EOFException("the client closed the connection in its request");
    }
    return Optional.of(
        new StubRequest(words[0], words[1], headers, new String(body, StandardCharsets.UTF_8)));
  }

  /** A line without its end; empty at the end of the stream, too. */
  private static String line(InputStream input) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = input.read(); next >= 0 && next != '\n'; next = input.read()) {
      if (next != '\r') {
        line.append((char) next);
      }
    }
    return line.toString();
  }
}
