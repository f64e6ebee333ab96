package io.aragora.resilience.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The code of the page about Reactor. */
class ReactorSnippetsTest {
  private interface Shop {
    Mono<String> price(String article);

    Flux<String> offers();
  }

  private final Shop shop = new Shop() {
    @Override
    public Mono<String> price(String article) {
      return Mono.just("1.20");
    }

    @Override
    public Flux<String> offers() {
      return Flux.just("apples", "pears");
    }
  };

  private final List<String> lines = new ArrayList<>();

  @Test
  void page_compiles_andRuns() {
    try (Resilience resilience = Resilience.create()) {
      // readme: reactor page
      Pipeline prices = resilience.pipeline(
          "prices",
          p -> p.add(resilience.retry("prices"))
              .add(resilience.circuitBreaker("prices"))
              .add(resilience.timeout("prices", Duration.ofSeconds(1))));
      Mono<String> price = shop.price("apples")
          .transform(ResilienceOperator.of(prices))
          .onErrorReturn(IOException.class, "unknown");
      // end
      assertThat(price.block()).isEqualTo("1.20");

      // readme: reactor flux
      Flux<String> offers = shop.offers()
          // Reactor's: the longest time between two elements
          .timeout(Duration.ofSeconds(5))
          .transform(ResilienceOperator.of(resilience.circuitBreaker("offers")));
      // end
      assertThat(offers.collectList().block()).containsExactly("apples", "pears");

      // readme: reactor context
      Mono<String> call = Mono.deferContextual(context -> {
        CallContext attempt = context.get(CallContext.class);
        return shop.price("apples").map(found -> found + " by attempt " + attempt.attempt());
      });
      call.transform(ResilienceOperator.of(prices)).subscribe(lines::add);
      // end
      assertThat(lines).containsExactly("1.20 by attempt 1");

      // readme: reactor scheduler
      Pipeline onParallel = prices.on(Schedulers.parallel()::schedule);
      // end
      assertThat(
              shop.price("apples").transform(ResilienceOperator.of(onParallel)).block())
          .isEqualTo("1.20");
    }
  }

  @Test
  void test_compiles_andRuns() {
    // readme: reactor test
    ManualTime time = ManualTime.create();
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      List<String> signals = new ArrayList<>();
      Mono.never()
          .transform(ResilienceOperator.of(resilience.timeout("prices", Duration.ofSeconds(1))))
          .subscribe(value -> {}, failure -> signals.add(failure.getMessage()));
      time.advance(Duration.ofSeconds(2));
      assertThat(signals).hasSize(1); // and not two seconds later
    }
    // end
  }
}
