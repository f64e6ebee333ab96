package io.aragora.resilience.spring.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;

/** The code of docs/spring-boot.md about tests: the class below. */
@SpringBootConfiguration
@EnableAutoConfiguration
class ManualTimeSnippetsTest {
  @Test
  void snippet_class_isATest() {
    assertThat(PricesTest.class).hasAnnotation(AutoConfigureManualTime.class);
  }
}

// readme: spring manual time
@SpringBootTest
@AutoConfigureManualTime
class PricesTest {
  @Autowired
  private Resilience resilience;

  @Autowired
  private ManualTime time;

  @Test
  void cooldown_over_admitsProbes() {
    CircuitBreaker breaker = resilience.circuitBreaker("prices");
    breaker.open(Duration.ofMinutes(5));

    time.advance(Duration.ofMinutes(5));

    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
  }
}
// end
