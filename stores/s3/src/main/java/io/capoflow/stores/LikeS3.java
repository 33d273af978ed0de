package io.capoflow.stores;

import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import java.util.concurrent.locks.ReentrantLock;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.web.embedded.tomcat.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;

/** What S3Mock lacks of what tests need of an S3 server. */
@AutoConfiguration
public class LikeS3 {
  /** Keeps the port for plain HTTP on loopback, which {@code server.address} does not reach. */
  @Bean
  public WebServerFactoryCustomizer<TomcatServletWebServerFactory> onLoopback() {
    return factory ->
        factory
            .getAdditionalTomcatConnectors()
            .forEach(connector -> connector.setProperty("address", "127.0.0.1"));
  }

  /**
   * Lets one write be at work at a time. S3 promises that of several writers who ask for {@code
   * If-None-Match: *} one wins; S3Mock looks first and writes then, and lets several win.
   */
  @Bean
  public Filter oneWriteAtATime() {
    ReentrantLock turn = new ReentrantLock();
    return (request, response, rest) -> {
      if (((HttpServletRequest) request).getMethod().equals("GET")) {
        rest.doFilter(request, response);
        return;
      }
      turn.lock();
      try {
        rest.doFilter(request, response);
      } finally {
        turn.unlock();
      }
    };
  }
}
