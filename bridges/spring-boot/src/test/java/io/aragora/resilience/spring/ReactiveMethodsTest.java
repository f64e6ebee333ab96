package io.aragora.resilience.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.annotation.WithBulkhead;
import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithFallback;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import org.aspectj.lang.annotation.AfterReturning;
import org.aspectj.lang.annotation.Aspect;
import org.aspectj.lang.annotation.Before;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.EnableAspectJAutoProxy;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class ReactiveMethodsTest {
  private final ApplicationContextRunner runner = new ApplicationContextRunner()
      .withConfiguration(AutoConfigurations.of(ResilienceAutoConfiguration.class));

  static class Shop {
    int calls;

    @WithRetry(value = "prices", maxAttempts = 3, delay = "0 s")
    @WithCircuitBreaker("prices")
    public Mono<String> price(String article) {
      return ++calls < 3 ? Mono.error(new IOException()) : Mono.just(article + " " + calls);
    }

    @WithRetry(value = "prices", maxAttempts = 3, delay = "0 s")
    public Flux<Integer> prices() throws IOException {
      if (++calls < 2) {
        throw new IOException();
      }
      return Flux.just(1, 2);
    }

    @WithRetry(value = "missing", maxAttempts = 2, delay = "0 s")
    @WithFallback("none")
    public Mono<String> missing(String article) {
      calls++;
      return Mono.error(new IOException(article));
    }

    Mono<String> none(String article, Throwable failure) {
      return Mono.just("no " + article + " because of " + failure.getMessage());
    }

    @WithCircuitBreaker("missing")
    @WithFallback(value = "noPrices", on = CallNotPermittedException.class)
    public Flux<Integer> missingPrices() {
      return Flux.error(new IOException("missing"));
    }

    Flux<Integer> noPrices() {
      return Flux.just(0);
    }

    @WithBulkhead("prices")
    public Mono<String> endless() {
      return Mono.never();
    }
  }

  private void with(Use use) {
    Shop shop = new Shop();
    runner
        .withBean(Shop.class, () -> shop)
        .run(context ->
            use.with(context.getBean(Shop.class), shop, context.getBean(Resilience.class)));
  }

  private interface Use {
    void with(Shop bean, Shop shop, Resilience resilience) throws Exception;
  }

  @Test
  void mono_eachSubscriptionIsACall_eachAttemptCallsTheMethod() {
    with((bean, shop, resilience) -> {
      Mono<String> price = bean.price("apples");
      assertThat(shop.calls).isZero();

      assertThat(price.block()).isEqualTo("apples 3");
      assertThat(price.block()).isEqualTo("apples 4");
      assertThat(resilience.retry("prices").totals().calls()).isEqualTo(2);

      resilience.circuitBreaker("prices").forceOpen();
      assertThatThrownBy(price::block).isInstanceOf(CallNotPermittedException.class);
    });
  }

  @Test
  void flux_methodThatThrows_isRetried() {
    with((bean, shop, resilience) ->
        assertThat(bean.prices().collectList().block()).containsExactly(1, 2));
  }

  @Test
  void fallback_ofAPublisher_isSubscribedToAndCounted() {
    with((bean, shop, resilience) -> {
      assertThat(bean.missing("apples").block()).isEqualTo("no apples because of apples");
      assertThat(shop.calls).isEqualTo(2);
      assertThat(resilience.status().fallbacks().values())
          .anySatisfy(totals -> assertThat(totals.used()).isEqualTo(1));

      assertThatThrownBy(() -> bean.missingPrices().blockLast()).hasRootCauseMessage("missing");
      resilience.circuitBreaker("missing").forceOpen();
      assertThat(bean.missingPrices().collectList().block()).containsExactly(0);
    });
  }

  @Test
  void cancelled_subscription_returnsItsPermit() {
    with((bean, shop, resilience) -> {
      Disposable subscription = bean.endless().subscribe();
      assertThat(resilience.bulkhead("prices").snapshot().inUse()).isEqualTo(1);

      subscription.dispose();

      assertThat(resilience.bulkhead("prices").snapshot().inUse()).isZero();
    });
  }

  @Aspect
  static class Noting {
    final List<String> heard = new ArrayList<>();

    @Before("execution(* *..Shop.price*(..))")
    public void before() {
      heard.add("before");
    }

    @AfterReturning("execution(* *..Shop.price*(..))")
    public void returned() {
      heard.add("returned");
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAspectJAutoProxy
  static class Aspects {
    @Bean
    Noting noting() {
      return new Noting();
    }
  }

  @Test
  void aspects_runAtEachAttempt() {
    runner.withUserConfiguration(Aspects.class).withBean(Shop.class, Shop::new).run(context -> {
      Shop bean = context.getBean(Shop.class);
      List<String> heard = context.getBean(Noting.class).heard;

      assertThat(bean.price("apples").block()).isEqualTo("apples 3");
      assertThat(heard)
          .containsExactly("before", "returned", "before", "returned", "before", "returned");
      assertThat(bean.prices().collectList().block()).containsExactly(1, 2);
      assertThat(heard).hasSize(8);
    });
  }

  static class OfPublisher {
    @WithRetry
    public Publisher<String> price() {
      return Mono.just("price");
    }
  }

  static class OfFlow {
    @WithRetry
    public Flow.Publisher<String> price() {
      return subscriber -> {};
    }
  }

  @Test
  void start_otherPublishers_areRejected() {
    runner
        .withBean("shop", OfPublisher.class, OfPublisher::new)
        .run(context -> assertThat(context.getStartupFailure())
            .rootCause()
            .hasMessageContaining("bean 'shop'")
            .hasMessageContaining("OfPublisher.price")
            .hasMessageContaining("Return a Mono, a Flux or a CompletionStage"));
    runner
        .withBean("shop", OfFlow.class, OfFlow::new)
        .run(context -> assertThat(context.getStartupFailure())
            .rootCause()
            .hasMessageContaining("OfFlow.price"));
  }
}
