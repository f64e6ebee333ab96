package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.acme.Application;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.health.HealthTrackerConfig;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.lang.invoke.MethodHandles;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The error about two declarations that differ names the places of both. */
class DeclarationPlaceTest {
  private static final String DECLARE = "com.acme.Application.declare(Application.java:18)";
  private static final String LOOP = "com.acme.Application.declareInLoop(Application.java:27)";

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience =
      Resilience.builder().timeSource(time).maxPolicies(1).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private CircuitBreaker breaker(int threshold) {
    return resilience.circuitBreaker("prices", c -> c.failureThreshold(threshold));
  }

  @Test
  void secondDeclaration_thatDiffers_namesBothPlaces() {
    Application.declare(() -> breaker(3));
    assertThatThrownBy(() -> Application.declareInLoop(() -> breaker(4)))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageMatching("circuit breaker 'prices' is already declared with failureThreshold=3"
            + " \\(at .*\\Q" + DECLARE + "\\E\\); this declaration has failureThreshold=4"
            + " \\(at .*\\Q" + LOOP + "\\E\\)");
  }

  @Test
  void firstPlace_isThatOfTheDeclaration_notOfALookUp() {
    Application.declareInLoop(() -> resilience.circuitBreaker("prices"));
    Application.declare(() -> breaker(3));
    breaker(3);
    assertThatThrownBy(() -> breaker(4)).hasMessageContaining(DECLARE + ");");
  }

  @Test
  void firstPlace_isKeptWhenThePolicyIsEvicted() {
    CircuitBreaker held = Application.declare(() -> breaker(3));
    time.advance(Duration.ofDays(2));
    resilience.policies().pruneCircuitBreakers();
    assertThatThrownBy(() -> breaker(4))
        .hasMessageContainingAll("'" + held.name() + "'", DECLARE + ");");
  }

  interface Annotated extends Callable<String> {
    @Override
    @WithRetry(value = "prices", maxAttempts = 7)
    String call();
  }

  @WithRetry(value = "prices", maxAttempts = 7)
  interface AnnotatedType extends Callable<String> {
    @Override
    String call();
  }

  private Annotated proxy() {
    return resilience.proxy(Annotated.class, () -> "", MethodHandles.lookup());
  }

  @Test
  void placeOfAnAnnotation_isWhereItStands() {
    proxy();
    assertThatThrownBy(() -> Application.declare(() ->
            resilience.retry("prices", RetryConfig.builder().maxAttempts(2).build())))
        .hasMessageContainingAll(
            "maxAttempts=7 (at @WithRetry of " + Annotated.class.getName() + ".call);",
            "maxAttempts=2 (at ",
            DECLARE);
  }

  @Test
  void placeOfAnAnnotation_onAType_isTheType() {
    resilience.proxy(AnnotatedType.class, () -> "", MethodHandles.lookup());
    assertThatThrownBy(() -> resilience.retry("prices", RetryConfig.defaults()))
        .hasMessageContaining("(at @WithRetry of " + AnnotatedType.class.getName() + ");");
  }

  @Test
  void annotation_thatDiffersFromCode_namesThePlaceInTheCode() {
    Application.declare(() -> resilience.retry("prices", RetryConfig.defaults()));
    assertThatThrownBy(this::proxy).hasMessageContainingAll(DECLARE + ");", "(at @WithRetry of ");
  }

  @Test
  void everyOtherKind_namesThePlace() {
    Application.declare(() -> resilience.timeout("t", Duration.ofSeconds(1)));
    assertThatThrownBy(() -> resilience.timeout("t", TimeoutConfig.of(Duration.ofSeconds(2))))
        .hasMessageContaining(DECLARE + ");");
    Application.declare(() -> resilience.retryBudget("b", c -> c.capacity(7)));
    assertThatThrownBy(() -> resilience.retryBudget("b", c -> c.capacity(8)))
        .hasMessageContaining(DECLARE + ");");
    Application.declare(() -> resilience.keyedCircuitBreaker("k", c -> c.maxKeys(7)));
    assertThatThrownBy(() -> resilience.keyedCircuitBreaker("k", c -> c.maxKeys(8)))
        .hasMessageContaining(DECLARE + ");");
    Application.declare(() -> resilience.pipeline("p", p -> p.add(breaker(3))));
    assertThatThrownBy(() -> resilience.pipeline("p", p -> p.add(resilience.timeout("t"))))
        .hasMessageContaining(DECLARE + ");");
    Application.declare(() -> resilience.health().tracker("h", HealthTrackerConfig.defaults()));
    assertThatThrownBy(() -> resilience
            .health()
            .tracker("h", HealthTrackerConfig.builder().failureThreshold(9).build()))
        .hasMessageContaining(DECLARE + ");");
  }

  @Test
  void configOfADeclaration_mayBeBuiltElsewhere() {
    CircuitBreakerConfig config =
        CircuitBreakerConfig.builder().failureThreshold(3).build();
    Application.declare(() -> resilience.circuitBreaker("prices", config));
    assertThatThrownBy(() -> breaker(4)).hasMessageContaining(DECLARE + ");");
  }
}
