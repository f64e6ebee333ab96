package io.aragora.resilience.core.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.annotation.WithBulkhead;
import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithConcurrencyLimit;
import io.aragora.resilience.annotation.WithRateLimiter;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.annotation.WithTimeout;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.bulkhead.BulkheadFullException;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.Priority;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.ratelimiter.RateLimitExceededException;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Bulkheads and rate limiters by annotation. */
class AdmissionAnnotationsTest extends ProxyFixture {
  interface Shop {
    @WithTimeout("1s")
    @WithBulkhead("db")
    @WithRateLimiter("github")
    @WithRetry
    @WithCircuitBreaker
    String all();

    @WithBulkhead(value = "few", maxConcurrentCalls = 1)
    String few(Supplier<String> body);

    @WithBulkhead(maxWait = "200ms")
    String patient();

    @WithConcurrencyLimit(value = "api", most = 50, healthyLatency = "300ms")
    String limited();

    @WithConcurrencyLimit(value = "api", priority = Priority.SHEDDABLE)
    String sheddable();

    @WithRateLimiter(value = "slow", limit = 1, period = "1s", maxWait = "500ms")
    String slow();
  }

  private static final class Target implements Shop {
    @Override
    public String all() {
      return "all";
    }

    @Override
    public String few(Supplier<String> body) {
      return body.get();
    }

    @Override
    public String patient() {
      return "patient";
    }

    @Override
    public String limited() {
      return "limited";
    }

    @Override
    public String sheddable() {
      return "sheddable";
    }

    @Override
    public String slow() {
      return "slow";
    }
  }

  private Policy policyOf(String name) {
    for (Method method : Shop.class.getMethods()) {
      if (method.getName().equals(name)) {
        return resilience
            .policies()
            .forMethod(method, Target.class)
            .orElseThrow()
            .policy();
      }
    }
    throw new IllegalArgumentException(name);
  }

  private void declareGithub() {
    resilience.rateLimiter(
        "github", RateLimiterConfig.smooth(5, Duration.ofSeconds(1)).build());
  }

  @Test
  @Tag("BH-27")
  @Tag("RL-29")
  @DisplayName(
      "the order is breaker, retry, rate limiter, bulkhead, timeout, whatever that of the annotations")
  void order_isFixed() {
    declareGithub();
    Pipeline pipeline = (Pipeline) policyOf("all");
    assertThat(pipeline.policies())
        .extracting(Policy::name)
        .containsExactly(
            Shop.class.getName() + ".all",
            Shop.class.getName() + ".all",
            "github",
            "db",
            Shop.class.getName() + ".all");
    assertThat(pipeline.policies().get(2)).isInstanceOf(RateLimiter.class);
    assertThat(pipeline.policies().get(3)).isInstanceOf(Bulkhead.class);
    assertThat(pipeline.warnings()).isEmpty();
    assertThat(proxy(Shop.class, new Target()).all()).isEqualTo("all");
  }

  @Test
  @Tag("BH-27")
  @DisplayName("a bulkhead with a name alone is the one that is declared elsewhere")
  void bulkhead_byName_isTheDeclaredOne() {
    declareGithub();
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(7));
    assertThat(((Pipeline) policyOf("all")).policies()).contains(db);
  }

  @Test
  @Tag("BH-27")
  @DisplayName("the elements declare a bulkhead")
  void bulkhead_ofElements_isDeclared() {
    declareGithub();
    Shop shop = proxy(Shop.class, new Target());
    assertThat(((Bulkhead) policyOf("few")).config().maxConcurrentCalls()).isEqualTo(1);
    BulkheadConfig patient = ((Bulkhead) policyOf("patient")).config();
    assertThat(patient.maxConcurrentCalls()).isEqualTo(25);
    assertThat(patient.maxWait()).isEqualTo(Duration.ofMillis(200));
    assertThatThrownBy(() -> shop.few(() -> shop.few(() -> "inner")))
        .isInstanceOf(BulkheadFullException.class);
    assertThat(shop.few(() -> "outer")).isEqualTo("outer");
    assertThatThrownBy(() -> resilience.bulkhead("few", BulkheadConfig.of(2)))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("@WithBulkhead of");
  }

  @Test
  @DisplayName("methods of several priorities share a concurrency limit")
  void concurrencyLimit_isShared_andHasThePriorityOfTheMethod() {
    declareGithub();
    ConcurrencyLimit limited = (ConcurrencyLimit) policyOf("limited");
    ConcurrencyLimit sheddable = (ConcurrencyLimit) policyOf("sheddable");
    assertThat(limited.config().most()).isEqualTo(50);
    assertThat(limited.config().healthyLatency()).isEqualTo(Duration.ofMillis(300));
    assertThat(limited).isSameAs(resilience.concurrencyLimit("api"));
    assertThat(sheddable).isSameAs(limited.withPriority(Priority.SHEDDABLE));
    assertThat(proxy(Shop.class, new Target()).sheddable()).isEqualTo("sheddable");
    assertThat(limited.totals(Priority.SHEDDABLE).admitted()).isEqualTo(1);
  }

  @Test
  @Tag("RL-29")
  @DisplayName("the elements declare a rate limiter")
  void rateLimiter_ofElements_isDeclared() {
    declareGithub();
    Shop shop = proxy(Shop.class, new Target());
    RateLimiterConfig config = ((RateLimiter) policyOf("slow")).config();
    assertThat(config.limit()).isEqualTo(1);
    assertThat(config.period()).isEqualTo(Duration.ofSeconds(1));
    assertThat(config.maxWait()).isEqualTo(Duration.ofMillis(500));
    assertThat(shop.slow()).isEqualTo("slow");
    assertThatThrownBy(shop::slow).isInstanceOf(RateLimitExceededException.class);
  }

  @Test
  @Tag("RL-29")
  @DisplayName("a limit from outside without a period is an error that says so")
  void limitFromOutside_withoutAPeriod_isAnError() throws Exception {
    try (Resilience outside = Resilience.builder()
        .config(Map.of("resilience.ratelimiter.github.limit", "5"))
        .build()) {
      assertThatThrownBy(
              () -> outside.policies().forMethod(Shop.class.getMethod("all"), Target.class))
          .hasMessageContaining("period");
    }
  }

  interface Incomplete {
    @WithRateLimiter(limit = 5)
    String price();
  }

  @Test
  @Tag("RL-29")
  @DisplayName("a limit by annotation without a period is an error that says so")
  void limit_withoutAPeriod_isAnError() {
    Incomplete target = () -> "price";
    assertThatThrownBy(() -> proxy(Incomplete.class, target)).hasMessageContaining("period");
  }
}
