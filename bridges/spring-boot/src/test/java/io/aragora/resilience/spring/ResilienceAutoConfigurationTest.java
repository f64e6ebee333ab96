package io.aragora.resilience.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class ResilienceAutoConfigurationTest {
  private final ApplicationContextRunner runner = new ApplicationContextRunner()
      .withConfiguration(AutoConfigurations.of(ResilienceAutoConfiguration.class));

  @Test
  void context_withoutRuntime_hasOneAndClosesIt() {
    Resilience[] runtime = new Resilience[1];
    runner.run(context -> {
      runtime[0] = context.getBean(Resilience.class);
      assertThat(runtime[0].isClosed()).isFalse();
    });
    assertThat(runtime[0].isClosed()).isTrue();
  }

  @Test
  void context_ownRuntime_wins() {
    runner.withUserConfiguration(OwnRuntime.class).run(context -> {
      assertThat(context).hasSingleBean(Resilience.class);
      assertThat(context.getBean(Resilience.class).name()).isEqualTo("own");
    });
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnRuntime {
    @Bean
    Resilience own() {
      return Resilience.builder().name("own").build();
    }
  }
}
