package io.capoflow.stores;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.web.embedded.tomcat.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;

/** S3Mock opens a second port, for plain HTTP, which {@code server.address} does not reach. */
@AutoConfiguration
public class Loopback {
  /** Keeps that port on loopback. */
  @Bean
  public WebServerFactoryCustomizer<TomcatServletWebServerFactory> onLoopback() {
    return factory ->
        factory
            .getAdditionalTomcatConnectors()
            .forEach(connector -> connector.setProperty("address", "127.0.0.1"));
  }
}
