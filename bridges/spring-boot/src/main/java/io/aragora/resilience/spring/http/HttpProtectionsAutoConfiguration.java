package io.aragora.resilience.spring.http;

import io.aragora.resilience.Resilience;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.http.HttpHeaders;

/** Declares the policies around the requests of HTTP clients, if {@code resilience.http.enabled} is true. */
@AutoConfiguration(afterName = "io.aragora.resilience.spring.ResilienceAutoConfiguration")
@ConditionalOnClass(HttpHeaders.class)
@ConditionalOnProperty(name = "resilience.http.enabled", havingValue = "true")
@ConditionalOnSingleCandidate(Resilience.class)
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
}
