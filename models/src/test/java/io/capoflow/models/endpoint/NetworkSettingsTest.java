package io.capoflow.models.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.UserMistake;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Addresses, proxies and certificates. */
class NetworkSettingsTest {
  @ParameterizedTest
  @CsvSource({
    "http://h:8000/v1, http://h:8000/v1/chat/completions, http://h:8000/v1/models, http://h:8000/version",
    "http://h:8000/v1/, http://h:8000/v1/chat/completions, http://h:8000/v1/models, http://h:8000/version",
    "https://h, https://h/chat/completions, https://h/models, https://h/version",
    "https://h/a/v1/chat/completions, https://h/a/v1/chat/completions, https://h/a/v1/models, https://h/a/version",
    "https://x.openai.azure.com/openai/deployments/d?api-version=1, https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=1, https://x.openai.azure.com/openai/deployments/d/models?api-version=1, https://x.openai.azure.com/openai/deployments/version?api-version=1"
  })
  void pathsGoBeforeTheQuery(String base, URI chat, URI models, URI version) {
    ServerAddress address = ServerAddress.of(base);

    assertThat(address.chat()).isEqualTo(chat);
    assertThat(address.models()).isEqualTo(models);
    assertThat(address.version()).isEqualTo(version);
    assertThat(address.toString()).doesNotContain("?");
    assertThat(address.isAzure()).isEqualTo(base.contains("azure"));
  }

  @ParameterizedTest
  @CsvSource({
    "https://api.example.com/v1, secure:3129",
    "http://other.net/v1, plain:80",
    "http://10.0.0.5:8000/v1, ",
    "http://a.internal/v1, ",
    "http://internal/v1, ",
    "http://notinternal/v1, plain:80",
    "http://odd.net:8001/v1, ",
    "http://odd.net:8002/v1, plain:80",
    "http://localhost:8000/v1, ",
    "http://127.0.0.1:8000/v1, "
  })
  void proxiesAreThoseOfTheEnvironment(URI uri, String proxy) {
    Map<String, String> variables =
        Map.of(
            "HTTPS_PROXY", "http://secure:3129",
            "http_proxy", "plain",
            "NO_PROXY", "10.0.0.5, internal,odd.net:8001");
    Proxies proxies = Proxies.of(name -> Optional.ofNullable(variables.get(name))).orElseThrow();

    assertThat(proxies.select(uri))
        .containsExactly(
            proxy == null
                ? Proxy.NO_PROXY
                : new Proxy(
                    Proxy.Type.HTTP,
                    InetSocketAddress.createUnresolved(
                        proxy.replaceFirst(":.*", ""),
                        Integer.parseInt(proxy.replaceFirst(".*:", "")))));
  }

  @Test
  void withoutVariablesJavasOwnSettingsHold() {
    assertThat(Proxies.of(name -> Optional.empty())).isEmpty();
    assertThat(TrustedCertificates.of(name -> Optional.empty())).isEmpty();
  }

  @Test
  void aProxyThatIsNoneIsRefusedWithoutItsPassword() {
    assertThatThrownBy(() -> Proxies.of(name -> Optional.of("http://me:secret@:bad")))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("HTTPS_PROXY")
        .hasMessageNotContaining("secret");
  }

  @Test
  void aCertificateFileThatIsNoneIsRefused(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("ca.pem"), "-----BEGIN CERTIFICATE-----\nx\n");

    assertThatThrownBy(() -> TrustedCertificates.of(name -> Optional.of(file.toString())))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("SSL_CERT_FILE names " + file);
    assertThatThrownBy(() -> TrustedCertificates.of(name -> Optional.of(folder + "/none.pem")))
        .isInstanceOf(UserMistake.class);
  }
}
