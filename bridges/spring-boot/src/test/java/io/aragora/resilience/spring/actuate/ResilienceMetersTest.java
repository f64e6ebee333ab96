package io.aragora.resilience.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.spring.WebApp;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;

class ResilienceMetersTest {
  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Shop {}

  @Test
  void registry_ofApplication_hasThePoliciesOnce() {
    try (WebApp app = WebApp.start(Shop.class, "spring.application.name=shop")) {
      app.resilience().circuitBreaker("prices");
      MeterRegistry registry = app.context().getBean(MeterRegistry.class);

      assertThat(registry.get("resilience.policies").tag("runtime", "shop").gauges())
          .isNotEmpty();
      assertThat(registry.getMeters())
          .extracting(meter -> meter.getId().getTag("runtime"))
          .doesNotContain("shop-2");
    }
  }
}
