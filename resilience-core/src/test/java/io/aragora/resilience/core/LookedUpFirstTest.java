package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.testing.ManualTime;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A policy that is looked up before its declaration has the config of the declaration from then on. */
class LookedUpFirstTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  /** What a kind without defaults needs from outside the code. */
  private static final Map<String, String> OUTSIDE = Map.of(
      "resilience.timeout.p.limit", "9s",
      "resilience.ratelimiter.p.limit", "9",
      "resilience.ratelimiter.p.period", "9s",
      "resilience.hedge.p.delay", "9s");

  /**
   * A kind whose policies may be looked up before they are declared.
   *
   * @param name its name
   * @param lookUp looks {@code p} up
   * @param declare declares {@code p}
   * @param setting reads the setting that the declaration has, from the policy
   */
  private record Kind<P>(
      String name,
      Function<Resilience, P> lookUp,
      Function<Resilience, P> declare,
      Function<P, Object> setting,
      Object declared) {
    Object settingOf(Object policy) {
      @SuppressWarnings("unchecked") // what lookUp returned
      P own = (P) policy;
      return setting.apply(own);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private final Resilience resilience =
      Resilience.builder().timeSource(ManualTime.create()).config(OUTSIDE).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  static Stream<Kind<?>> kinds() {
    return Stream.of(
        new Kind<>(
            "circuitBreaker",
            r -> r.circuitBreaker("p"),
            r -> r.circuitBreaker("p", c -> c.failureThreshold(77)),
            p -> p.config().failureThreshold(),
            77),
        new Kind<>(
            "retry",
            r -> r.retry("p"),
            r -> r.retry("p", c -> c.maxAttempts(77)),
            p -> p.config().maxAttempts(),
            77),
        new Kind<>(
            "retryBudget",
            r -> r.retryBudget("p"),
            r -> r.retryBudget("p", c -> c.capacity(77)),
            p -> p.config().capacity(),
            77),
        new Kind<>(
            "timeout",
            r -> r.timeout("p"),
            r -> r.timeout("p", c -> c.limit(SECOND).executor(Runnable::run)),
            p -> p.config().executor() != null,
            true),
        new Kind<>(
            "bulkhead",
            r -> r.bulkhead("p"),
            r -> r.bulkhead("p", c -> c.maxConcurrentCalls(77)),
            p -> p.config().maxConcurrentCalls(),
            77),
        new Kind<>(
            "concurrencyLimit",
            r -> r.concurrencyLimit("p"),
            r -> r.concurrencyLimit("p", c -> c.most(77)),
            p -> p.config().most(),
            77),
        new Kind<>(
            "rateLimiter",
            r -> r.rateLimiter("p"),
            r -> r.rateLimiter("p", c -> c.limit(1).period(SECOND).maxPause(SECOND)),
            p -> p.config().maxPause(),
            SECOND),
        new Kind<>(
            "hedge",
            r -> r.hedge("p"),
            r -> r.hedge("p", c -> c.delay(SECOND).maxHedges(3)),
            p -> p.config().maxHedges(),
            3),
        new Kind<>(
            "coalescer",
            r -> r.coalescer("p"),
            r -> r.coalescer("p", c -> c.maxFlights(77)),
            p -> p.config().maxFlights(),
            77));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void declaration_setsTheConfigOfThePolicyThatIsThere(Kind<?> kind) {
    Object lookedUp = kind.lookUp.apply(resilience);
    assertThat(kind.settingOf(lookedUp)).isNotEqualTo(kind.declared);

    assertThat((Object) kind.declare.apply(resilience)).isSameAs(lookedUp);

    assertThat(kind.settingOf(lookedUp)).isEqualTo(kind.declared);
    assertThat((Object) kind.lookUp.apply(resilience)).isSameAs(lookedUp);
  }

  /** All that are looked up by a name alone, but pipelines and chaos, which nothing outside the code can complete. */
  @Test
  void kinds_areThoseThatCanBeLookedUp() {
    assertThat(Stream.of(Resilience.class.getMethods())
            .filter(method ->
                method.getParameterCount() == 1 && method.getParameterTypes()[0] == String.class)
            .map(Method::getName)
            .filter(name -> !name.equals("pipeline") && !name.equals("chaos")))
        .containsExactlyInAnyOrderElementsOf(kinds().map(Kind::name).toList());
  }

  @Test
  void lookUp_kindWithoutDefaults_namesWhatIsMissing() {
    Map<String, Function<Resilience, Object>> lookUps = Map.of(
        "timeout 'q' has no limit", r -> r.timeout("q"),
        "rate limiter 'q' has no limit and period", r -> r.rateLimiter("q"),
        "hedge 'q' has no delay", r -> r.hedge("q"),
        "chaos 'q' is not declared", r -> r.chaos("q"),
        "pipeline 'q' is not declared", r -> r.pipeline("q"));
    lookUps.forEach((message, lookUp) -> assertThatThrownBy(() -> lookUp.apply(resilience))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageStartingWith(message));
  }
}
