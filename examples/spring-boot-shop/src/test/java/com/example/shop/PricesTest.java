package com.example.shop;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.spring.test.AutoConfigureManualTime;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

/** The shop when its supplier fails. No test sleeps: the cooldown passes when the test says so. */
@SpringBootTest(properties = "resilience.endpoint.port=0")
@AutoConfigureManualTime
class PricesTest {
  @Autowired
  private Prices prices;

  @Autowired
  private Supplier supplier;

  @Autowired
  private Resilience resilience;

  @Autowired
  private ManualTime time;

  @Test
  void price_supplierFails_isTheLastKnownUntilItIsRepaired() {
    time.autoAdvance(true);
    assertThat(prices.price("apples")).isEqualTo("1.20");

    supplier.mode(Supplier.Mode.FAILING);
    for (int i = 0; i < 5; i++) {
      assertThat(prices.price("apples")).isEqualTo("1.20 (last known)");
    }
    long requests = supplier.requests();
    assertThat(prices.price("apples")).isEqualTo("1.20 (last known)");
    assertThat(supplier.requests()).isEqualTo(requests); // the breaker is open

    supplier.mode(Supplier.Mode.FINE);
    time.advance(Duration.ofSeconds(6));
    assertThat(prices.price("apples")).isEqualTo("1.20");
    assertThat(resilience.bulkhead("prices").snapshot().inUse()).isZero();
  }
}
