package io.capoflow.models.endpoint;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a server sent back, whole.
 *
 * @param status of HTTP
 * @param headers the value of a header, by its name in any case
 * @param body at most as long as was allowed
 */
record Reply(int status, Function<String, Optional<String>> headers, byte[] body) {
  Optional<String> header(String name) {
    return headers.apply(name);
  }

  String text() {
    return new String(body, StandardCharsets.UTF_8);
  }
}
