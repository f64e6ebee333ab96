package io.aragora.resilience.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The code of docs/libraries.md: a library that takes a policy, and an application that gives one. */
class LibrarySnippetsTest {
  private final Shop shop = article -> {
    if (article.isEmpty()) {
      throw new IOException("no such article");
    }
    return "1.20 for " + article;
  };

  @Test
  void library_isProtectedByWhatItIsGiven() throws IOException {
    try (Resilience resilience =
        Resilience.builder().timeSource(ManualTime.create().autoAdvance(true)).build()) {
      // readme: libraries use
      Pipeline policy = resilience.pipeline(
          "prices",
          p -> p.add(resilience.retry("prices"))
              .add(resilience.circuitBreaker("prices"))
              .add(resilience.timeout("prices", Duration.ofSeconds(1))));
      PriceClient prices = new PriceClient(shop, policy);
      // end

      assertThat(prices.price("apples")).isEqualTo("1.20 for apples");
      assertThat(prices.priceLater("pears")).isCompletedWithValue("1.20 for pears");
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> prices.price(""))
          .withMessage("no such article");
      resilience.circuitBreaker("prices").forceOpen();
      assertThatExceptionOfType(CallNotPermittedException.class)
          .isThrownBy(() -> prices.price("plums"));
    }
  }
}
