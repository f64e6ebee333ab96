package io.aragora.resilience.spring.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Configuration;

@SpringBootTest(webEnvironment = WebEnvironment.NONE)
@AutoConfigureManualTime
class AutoConfigureManualTimeTest {
  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class App {}

  @Autowired
  Resilience resilience;

  @Autowired
  ManualTime time;

  @Test
  void cooldown_advance_endsIt() {
    CircuitBreaker breaker = resilience.circuitBreaker("prices");
    breaker.open(Duration.ofHours(3));

    time.advance(Duration.ofHours(3).minusNanos(1));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    time.advance(Duration.ofNanos(1));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
  }

  @Test
  void retry_autoAdvance_waitsNoRealTime() throws Exception {
    time.autoAdvance(true);
    List<Long> attempts = new ArrayList<>();

    String price = resilience
        .retry("prices", c -> c.maxAttempts(2).retryAfter(failure -> null))
        .<String, IOException>call(() -> {
          attempts.add(time.nanoTime());
          if (attempts.size() == 1) {
            throw new IOException("down");
          }
          return "1.20";
        });

    assertThat(price).isEqualTo("1.20");
    assertThat(attempts.get(1) - attempts.get(0)).isPositive();
  }
}
