package io.aragora.resilience.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Reconfiguration;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithFallback;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.annotation.WithTimeout;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.stereotype.Service;

/** The code of the page about Spring Boot. */
class SpringBootSnippetsTest {
  // readme: spring boot service
  @Service
  public class Prices {
    @WithCircuitBreaker("prices")
    @WithRetry("prices")
    @WithTimeout("2s")
    @WithFallback("lastKnown")
    public String price(String article) throws IOException {
      return download("https://prices.example.com/" + article);
    }

    String lastKnown(String article, Throwable failure) {
      return "unknown";
    }
    // end

    private String download(String address) throws IOException {
      throw new IOException(address);
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnRuntime {
    // readme: spring boot own runtime
    @Bean
    Resilience resilience(ResilienceBuilder builder) {
      return builder.maxPolicies(5000).build();
    }
    // end
  }

  @Configuration(proxyBeanMethods = false)
  static class Customized {
    // readme: spring boot customizer
    @Bean
    ResilienceBuilderCustomizer patience() {
      return builder -> builder.staleAfter(Duration.ofHours(48));
    }
    // end
  }

  // readme: spring boot code
  @Service
  public static class Orders {
    private final Resilience resilience;

    public Orders(Resilience resilience) {
      this.resilience = resilience;
    }

    public String order(String article) {
      return resilience.circuitBreaker("orders").call(() -> "ordered " + article);
    }
  }
  // end

  private final ApplicationContextRunner runner = new ApplicationContextRunner()
      .withConfiguration(AutoConfigurations.of(ResilienceAutoConfiguration.class))
      .withPropertyValues("resilience.retry.prices.delay=1ms");

  @Test
  void service_ofThePage_returnsItsFallback() {
    runner.withBean(Prices.class, () -> new Prices()).run(context -> {
      assertThat(context.getBean(Prices.class).price("apples")).isEqualTo("unknown");
      assertThat(context.getBean(Resilience.class).retry("prices").totals().retries())
          .isEqualTo(2);
    });
  }

  @Test
  void beans_ofThePage_areUsed() {
    runner
        .withUserConfiguration(OwnRuntime.class, Customized.class, Orders.class)
        .run(context -> {
          assertThat(context).hasSingleBean(Resilience.class);
          assertThat(context.getBean(Orders.class).order("apples")).isEqualTo("ordered apples");
          ResilienceSettings settings = context.getBean(ResilienceSettings.class);
          // readme: spring boot reload
          Reconfiguration done = settings.reload();
          System.out.println(done.changed()); // such as [retry 'prices']
          // end
          assertThat(done.changed()).isEmpty();
        });
  }
}
