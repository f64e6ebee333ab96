package io.aragora.resilience.spring.http;

import io.aragora.resilience.reactor.ResilienceOperator;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.web.reactive.function.client.WebClientCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** Protects what the builder of {@code WebClient} creates. For Spring Boot 3.5. */
@AutoConfiguration(after = HttpProtectionsAutoConfiguration.class)
@ConditionalOnClass({WebClientCustomizer.class, ResilienceOperator.class})
@ConditionalOnBean(HttpProtections.class)
public class WebClientsBoot3AutoConfiguration {
  /** Creates the configuration. */
  public WebClientsBoot3AutoConfiguration() {}

  @Bean
  @Order(Ordered.LOWEST_PRECEDENCE)
  WebClientCustomizer resilienceWebClientCustomizer(HttpProtections protections) {
    return builder -> builder.filter(new ResilientExchangeFilter(protections::of));
  }
}
