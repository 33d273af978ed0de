package io.capoflow.runners.engine;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import java.net.URI;
import java.net.URISyntaxException;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.configuration.RestOptions;

/**
 * Where a Flink cluster's REST endpoint is.
 *
 * @param host a name or an address, IPv6 in brackets
 * @param port from 1 to 65535
 */
record FlinkMaster(String host, int port) {
  /** Names a folder with a {@code config.yaml}, for instance with the keys for TLS. */
  private static final String CONFIGURATION_FOLDER = "FLINK_CONF_DIR";

  FlinkMaster {
    requireNonNull(host, "host");
  }

  /**
   * Reads {@code HOST:PORT}; without a port it is Flink's own default.
   *
   * @throws UserMistake when it is none
   */
  static FlinkMaster parse(String text) {
    try {
      URI uri = new URI("flink://" + text);
      int port = uri.getPort() < 0 ? RestOptions.PORT.defaultValue() : uri.getPort();
      boolean alone = uri.getHost() != null && uri.getPath().isEmpty();
      if (!alone || port < 1 || port > 65_535) {
        throw new URISyntaxException(text, "no host and port");
      }
      return new FlinkMaster(uri.getHost(), port);
    } catch (URISyntaxException e) {
      throw new UserMistake(
          "--flink-master %s: expects HOST:PORT of a Flink cluster's REST endpoint, such as localhost:8081"
              .formatted(text),
          e);
    }
  }

  /** Of a client: what {@code FLINK_CONF_DIR} holds, where it is set, with this endpoint. */
  Configuration configuration() {
    String folder = System.getenv(CONFIGURATION_FOLDER);
    Configuration configuration =
        folder == null ? new Configuration() : GlobalConfiguration.loadConfiguration(folder);
    configuration.set(RestOptions.ADDRESS, host);
    configuration.set(RestOptions.PORT, port);
    return configuration;
  }
}
