package io.capoflow.models.endpoint;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Java's trusted certificates, and those of the file that {@code SSL_CERT_FILE} names. */
final class TrustedCertificates {
  private TrustedCertificates() {}

  /**
   * Both together; empty where the variable is not set.
   *
   * @throws UserMistake when the file has no certificates that can be read
   */
  static Optional<SSLContext> of(Environment environment) {
    return environment.firstOf("SSL_CERT_FILE").map(name -> withFile(Path.of(name)));
  }

  private static SSLContext withFile(Path file) {
    try (InputStream input = Files.newInputStream(file)) {
      KeyStore all = KeyStore.getInstance(KeyStore.getDefaultType());
      all.load(null, null);
      int count = 0;
      for (TrustManager manager : managers(null)) {
        if (manager instanceof X509TrustManager trusted) {
          for (X509Certificate certificate : trusted.getAcceptedIssuers()) {
            all.setCertificateEntry("java-" + count++, certificate);
          }
        }
      }
      for (Certificate certificate :
          CertificateFactory.getInstance("X.509").generateCertificates(input)) {
        all.setCertificateEntry("file-" + count++, certificate);
      }
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, managers(all), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new UserMistake(
          "SSL_CERT_FILE names %s, which cannot be read as certificates in PEM".formatted(file), e);
    }
  }

  private static TrustManager[] managers(KeyStore store) throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }
}
