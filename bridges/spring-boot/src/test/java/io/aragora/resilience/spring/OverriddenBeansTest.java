package io.aragora.resilience.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.annotation.WithRetry;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.context.bean.override.convention.TestBean;
import org.springframework.test.context.junit.jupiter.SpringJUnitConfig;

/** An object that a test puts in the place of a bean, as all kinds of mocks. */
@SpringJUnitConfig
class OverriddenBeansTest {
  static class Prices {
    @WithRetry(maxAttempts = 2, delay = "0 s")
    public String price() {
      return "price";
    }
  }

  static final class Fake extends Prices {
    @Override
    public String price() {
      return "fake";
    }
  }

  record Shop(Prices prices) {}

  @Configuration(proxyBeanMethods = false)
  @ImportAutoConfiguration(ResilienceAutoConfiguration.class)
  static class Application {
    @Bean
    Prices prices() {
      return new Prices();
    }

    @Bean
    Shop shop(Prices prices) {
      return new Shop(prices);
    }
  }

  @TestBean
  Prices prices;

  static Prices prices() {
    return new Fake();
  }

  @Test
  void beanWithAnnotations_canBeOverridden(@Autowired Shop shop) {
    assertThat(shop.prices()).isInstanceOf(Fake.class).isSameAs(prices);
    assertThat(shop.prices().price()).isEqualTo("fake");
  }
}
