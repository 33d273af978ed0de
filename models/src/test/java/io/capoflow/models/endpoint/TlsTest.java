package io.capoflow.models.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.stub.StubServer;
import io.capoflow.schemas.UserMistake;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server whose certificate no public authority signed, as inside of many companies. */
class TlsTest {
  private static final char[] PASSWORD = "password".toCharArray();

  @TempDir static Path folder;
  private static SSLContext tls;
  private static Path certificate;

  @BeforeAll
  static void makeCertificate() throws Exception {
    Path file = folder.resolve("server.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=IP:127.0.0.1",
                "-validity",
                "3650",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .start();
    String printed =
        new String(
            keytool.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertThat(keytool.waitFor()).as(printed).isZero();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream input = Files.newInputStream(file)) {
      store.load(input, PASSWORD);
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD);
    tls = SSLContext.getInstance("TLS");
    tls.init(keys.getKeyManagers(), null, null);
    certificate =
        Files.writeString(
            folder.resolve("ca.pem"),
            "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"
                .formatted(
                    Base64.getMimeEncoder()
                        .encodeToString(store.getCertificate("server").getEncoded())));
  }

  @Test
  void isTrustedByTheFileThatTheVariableNames() {
    try (StubServer server = StubServer.startWithTls(Calls.MODEL, tls);
        EndpointClient client = client(server, Optional.of(certificate.toString()))) {
      assertThat(Calls.ask(client, 4)).noneMatch(Throwable.class::isInstance);
    }
  }

  @Test
  void isNotTrustedWithoutAndTheMessageSaysSo() {
    try (StubServer server = StubServer.startWithTls(Calls.MODEL, tls);
        EndpointClient client = client(server, Optional.empty())) {
      assertThat(Calls.ask(client, 1))
          .singleElement()
          .isInstanceOfSatisfying(
              UserMistake.class,
              mistake ->
                  assertThat(mistake)
                      .hasMessageContaining("no answer from " + server.url())
                      .hasMessageContaining("a TLS error: ")
                      .hasMessageContaining("SSL_CERT_FILE"));
      assertThat(server.requests()).isEmpty();
    }
  }

  private static EndpointClient client(StubServer server, Optional<String> file) {
    return EndpointClient.open(
        Calls.spec(List.of(server.url()), Calls.limits(Duration.ofMinutes(2))),
        name -> name.equals("SSL_CERT_FILE") ? file : Optional.empty(),
        new FastTime(100));
  }
}
