package io.aragora.resilience.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.retry.Backoff;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/** Cancellations, timeouts, failures and values that race, on the threads of the machine. What holds does not depend on who wins. */
class CancelledCallsTest {
  private static final int CALLS = 3000;

  private final AtomicInteger created = new AtomicInteger();
  private final AtomicInteger delivered = new AtomicInteger();
  private final AtomicInteger discarded = new AtomicInteger();
  private final CountDownLatch ended = new CountDownLatch(CALLS);
  private final List<String> faults = new ArrayList<>();

  /** A value that has to be closed once. */
  private final class Resource {
    private final AtomicInteger closings = new AtomicInteger();

    Resource() {
      created.incrementAndGet();
    }

    void close(AtomicInteger counter) {
      counter.incrementAndGet();
      if (closings.incrementAndGet() != 1) {
        fault("closed twice");
      }
    }
  }

  private synchronized void fault(String fault) {
    faults.add(fault);
  }

  private final class Subscriber implements CoreSubscriber<Resource> {
    private final Duration patience;
    private final AtomicInteger signals = new AtomicInteger();

    Subscriber(Duration patience) {
      this.patience = patience;
    }

    @Override
    public Context currentContext() {
      return Operators.enableOnDiscard(
          Context.empty(), value -> ((Resource) value).close(discarded));
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
      Schedulers.parallel()
          .schedule(
              () -> {
                subscription.cancel();
                end();
              },
              patience.toNanos(),
              TimeUnit.NANOSECONDS);
    }

    @Override
    public void onNext(Resource value) {
      value.close(delivered);
    }

    @Override
    public void onError(Throwable failure) {
      end();
    }

    @Override
    public void onComplete() {
      end();
    }

    private void end() {
      if (signals.getAndIncrement() == 0) {
        ended.countDown();
      }
    }
  }

  @Test
  void everyCall_howeverItEnds_givesBackItsPermitAndClosesItsValues() throws InterruptedException {
    try (Resilience resilience = Resilience.create()) {
      Bulkhead bulkhead = resilience.bulkhead(
          "bulkhead",
          c -> c.maxConcurrentCalls(16).maxWait(Duration.ofSeconds(30)).maxWaiting(CALLS));
      Pipeline pipeline = resilience
          .unregistered()
          .pipelineBuilder("pipeline")
          .add(resilience.retry(
              "retry", c -> c.backoff(Backoff.constant(Duration.ofMillis(1))).retryIf(e -> true)))
          .add(bulkhead)
          .add(resilience.timeout("timeout", Duration.ofMillis(3)))
          .build();
      ResilienceOperator<Resource> operator = ResilienceOperator.of(pipeline);
      SplittableRandom random = new SplittableRandom(25);
      for (int i = 0; i < CALLS; i++) {
        Duration duration = Duration.ofNanos(random.nextLong(5_000_000));
        boolean fails = random.nextInt(4) == 0;
        Mono.delay(duration, Schedulers.parallel())
            .flatMap(tick -> fails
                ? Mono.<Resource>error(new IOException("broken"))
                : Mono.fromSupplier(Resource::new))
            .transform(operator)
            .subscribe(new Subscriber(Duration.ofNanos(random.nextLong(50_000_000))));
      }
      assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (System.nanoTime() < until
          && (bulkhead.snapshot().inUse() > 0
              || created.get() != delivered.get() + discarded.get())) {
        Thread.onSpinWait();
      }
      assertThat(faults).isEmpty();
      assertThat(bulkhead.snapshot().inUse()).isZero();
      assertThat(bulkhead.snapshot().waiting()).isZero();
      assertThat(delivered.get() + discarded.get())
          .as("of %s values, %s were delivered", created, delivered)
          .isEqualTo(created.get());
      assertThat(created.get()).isPositive();
    }
  }
}
