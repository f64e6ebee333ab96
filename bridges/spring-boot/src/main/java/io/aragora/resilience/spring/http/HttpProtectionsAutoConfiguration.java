package io.aragora.resilience.spring.http;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.spring.SpringLog;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpHeaders;

/**
 * Declares the policies around the requests of HTTP clients, if {@code resilience.http.enabled} is true. The start fails if there are
 * several runtimes, and none is primary.
 */
@AutoConfiguration(afterName = "io.aragora.resilience.spring.ResilienceAutoConfiguration")
@ConditionalOnClass(HttpHeaders.class)
@ConditionalOnProperty(name = "resilience.http.enabled", havingValue = "true")
@EnableConfigurationProperties(HttpClientProperties.class)
public class HttpProtectionsAutoConfiguration {
  /** Creates the configuration. */
  public HttpProtectionsAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean
  HttpProtections resilienceHttpProtections(
      Resilience resilience, HttpClientProperties properties) {
    return new HttpProtections(resilience, properties);
  }

  /** Says that {@code WebClient} stays without policies, which its application would not expect. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(name = "org.springframework.web.reactive.function.client.WebClient")
  @ConditionalOnMissingClass("io.aragora.resilience.reactor.ResilienceOperator")
  static class WithoutReactor {
    WithoutReactor() {
      SpringLog.of(HttpProtectionsAutoConfiguration.class)
          .warn("resilience.http.enabled does not protect WebClient: add the artifact"
              + " io.aragora:resilience-reactor (logged once)");
    }
  }
}
