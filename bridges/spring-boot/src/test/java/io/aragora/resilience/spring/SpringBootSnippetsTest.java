package io.aragora.resilience.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Reconfiguration;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithFallback;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.annotation.WithTimeout;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.spring.http.HttpProtectionsAutoConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
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

  /** The YAML of a page, block after block. */
  private static List<String> yamlOf(String page) throws IOException {
    String text = Files.readString(Path.of("../../docs").resolve(page)).replace("\r\n", "\n");
    return Pattern.compile("```yaml\\n(.*?)```", Pattern.DOTALL)
        .matcher(text)
        .results()
        .map(block -> block.group(1))
        .toList();
  }

  @Test
  void service_ofThePage_withItsSettings_doesWhatThePageSays() throws IOException {
    SettingsTest.withYaml(runner, yamlOf("spring-boot.md").get(0))
        .withBean(Prices.class, () -> new Prices())
        .run(context -> {
          Prices prices = context.getBean(Prices.class);
          Resilience resilience = context.getBean(Resilience.class);
          assertThat(prices.price("apples")).isEqualTo("unknown");
          assertThat(resilience.retry("prices").totals().retries()).isEqualTo(2);
          assertThat(prices.price("apples")).isEqualTo("unknown");
          assertThat(prices.price("apples")).isEqualTo("unknown");

          assertThat(resilience.circuitBreaker("prices").state())
              .isEqualTo(CircuitBreakerState.OPEN);
          assertThat(resilience.circuitBreaker("prices").config().cooldown())
              .isEqualTo(Duration.ofSeconds(10));
          assertThat(prices.price("apples")).isEqualTo("unknown");
          assertThat(resilience.retry("prices").totals().retries()).isEqualTo(6);
        });
  }

  /** Under any of the blocks an application starts, so no key in them is mistyped. */
  @TestFactory
  Stream<DynamicTest> yaml_ofThePages_isAccepted() throws IOException {
    List<String> blocks = new ArrayList<>();
    for (String page : List.of("spring-boot.md", "spring-boot-actuator.md")) {
      blocks.addAll(yamlOf(page));
    }
    assertThat(blocks).hasSizeGreaterThanOrEqualTo(4);
    return blocks.stream()
        .map(yaml -> DynamicTest.dynamicTest(
            yaml,
            () -> SettingsTest.withYaml(
                    runner
                        .withConfiguration(
                            AutoConfigurations.of(HttpProtectionsAutoConfiguration.class))
                        .withPropertyValues("resilience.endpoint.port=0"),
                    yaml)
                .run(context -> assertThat(context).hasNotFailed())));
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
