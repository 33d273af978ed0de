package io.capoflow.stores;

import com.adobe.testing.s3mock.S3MockApplication;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * An S3 server on loopback, as long as this program's input is open. Prints its address, {@code
 * http://127.0.0.1:PORT}, when it answers.
 */
public final class S3Store {
  private S3Store() {}

  /**
   * Runs it.
   *
   * @param args the folder for its files; the bucket that is there from the start
   */
  // Its next major version wants to be run as a container.
  @SuppressWarnings("removal")
  public static void main(String[] args) throws IOException {
    Map<String, Object> properties = new HashMap<>();
    properties.put(S3MockApplication.PROP_HTTP_PORT, S3MockApplication.RANDOM_PORT);
    properties.put(S3MockApplication.PROP_HTTPS_PORT, S3MockApplication.RANDOM_PORT);
    properties.put(S3MockApplication.PROP_INITIAL_BUCKETS, args[1]);
    properties.put(S3MockApplication.PROP_ROOT_DIRECTORY, args[0]);
    properties.put("server.address", "127.0.0.1");
    properties.put("server.ssl.enabled", false);
    properties.put("logging.level.root", "WARN");
    properties.put("spring.main.banner-mode", "off");
    S3MockApplication server = S3MockApplication.start(properties);
    System.out.println("http://127.0.0.1:" + server.getPort());
    System.out.flush();
    while (System.in.read() >= 0) {
      // Whatever is written to it says that somebody is there.
    }
    server.stop();
    System.exit(0);
  }
}
