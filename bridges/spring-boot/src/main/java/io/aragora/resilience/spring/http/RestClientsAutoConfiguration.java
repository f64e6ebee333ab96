package io.aragora.resilience.spring.http;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.restclient.RestClientCustomizer;
import org.springframework.boot.restclient.RestTemplateCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** Protects what the builders of {@code RestClient} and {@code RestTemplate} create. For Spring Boot 4.0. */
@AutoConfiguration(after = HttpProtectionsAutoConfiguration.class)
@ConditionalOnClass(RestClientCustomizer.class)
@ConditionalOnBean(HttpProtections.class)
@ImportRuntimeHints(RequestFactories.Hints.class)
public class RestClientsAutoConfiguration {
  /** Creates the configuration. */
  public RestClientsAutoConfiguration() {}

  @Bean
  @Order(Ordered.LOWEST_PRECEDENCE)
  RestClientCustomizer resilienceRestClientCustomizer(HttpProtections protections) {
    return builder -> RequestFactories.protect(builder, protections::of);
  }

  @Bean
  @Order(Ordered.LOWEST_PRECEDENCE)
  RestTemplateCustomizer resilienceRestTemplateCustomizer(HttpProtections protections) {
    return template -> RequestFactories.protect(template, protections::of);
  }
}
