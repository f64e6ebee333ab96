package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterEvent;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.testing.MemoryQuotaStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Listeners and log handlers that run on the thread of a call, because the runtime is closed or the machine has no thread, hold no
 * lock of the library: each waits here for another thread that needs the same object.
 */
@Timeout(120)
class ForeignCodeUnderLockTest {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final Logger LOGGER = Logger.getLogger(CircuitBreakerListener.class.getName());

  private final ManualTime time = ManualTime.create();

  /** Whether each other thread could use the object meanwhile. */
  private final List<Boolean> used = new CopyOnWriteArrayList<>();

  /** Lets another thread use an object, and notes whether it can. */
  private void useElsewhere(Runnable use) {
    Thread other = new Thread(use);
    other.setDaemon(true);
    other.start();
    try {
      other.join(BOUND.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    used.add(!other.isAlive());
  }

  /** A time source without an executor, so that the runtime has its own threads, which end when it is closed. */
  private Resilience closedRuntime() {
    return Resilience.builder()
        .timeSource(new ForwardingTime(time) {
          @Override
          public @Nullable Executor executor() {
            return null;
          }
        })
        .build();
  }

  @Test
  @DisplayName("the log line about keys that were not logged")
  void onTransition_afterClosing_logsWithoutAMonitor() {
    Resilience resilience = closedRuntime();
    KeyedCircuitBreaker keyed =
        resilience.keyedCircuitBreaker("k", KeyedCircuitBreakerConfig.builder().build());
    resilience.close();
    Handler handler = new Handler() {
      @Override
      public void publish(LogRecord line) {
        if (line.getMessage().contains("were not logged") && used.isEmpty()) {
          useElsewhere(() -> keyed.forKey("another").forceOpen());
        }
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
    LOGGER.addHandler(handler);
    LOGGER.setUseParentHandlers(false);
    LOGGER.setLevel(Level.ALL);
    try {
      for (int i = 0; i < 30; i++) {
        keyed.forKey("key " + i).forceOpen();
      }
    } finally {
      LOGGER.removeHandler(handler);
      LOGGER.setUseParentHandlers(true);
      LOGGER.setLevel(null);
    }

    assertThat(used).isNotEmpty().containsOnly(true);
  }

  private static CircuitBreakerConfig failures(int threshold) {
    return CircuitBreakerConfig.builder().failureThreshold(threshold).build();
  }

  /** What a deployment with another config writes for each key of before. */
  @Test
  @DisplayName("the log line about a restored breaker whose config has changed")
  void create_restoresOtherSettings_logsWithoutTheLock() throws Exception {
    StateStore store = StateStore.open("memory:");
    try (Resilience before =
        Resilience.builder().timeSource(time).stateStore(store).build()) {
      before.circuitBreaker("b", failures(2)).forceOpen();
      before
          .keyedCircuitBreaker("k", KeyedCircuitBreakerConfig.of(failures(2)))
          .forKey("a")
          .forceOpen();
    }
    List<String> lines = new CopyOnWriteArrayList<>();
    Logger log = Logger.getLogger("io.aragora.resilience");
    try (Resilience after =
        Resilience.builder().timeSource(time).stateStore(store).build()) {
      KeyedCircuitBreaker keyed =
          after.keyedCircuitBreaker("k", KeyedCircuitBreakerConfig.of(failures(3)));
      Handler handler = new Handler() {
        @Override
        public void publish(LogRecord line) {
          if (line.getMessage().contains("was saved as")) {
            HeldLocks.look("a log handler");
            String made = String.valueOf(line.getParameters()[0]);
            lines.add(made);
            useElsewhere(() -> {
              keyed.forKey("other than " + made);
              after.circuitBreaker("other than " + made);
            });
          }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
      log.addHandler(handler);
      log.setLevel(Level.ALL);
      try {
        keyed.forKey("a");
        after.circuitBreaker("b", failures(3));
      } finally {
        log.removeHandler(handler);
        log.setLevel(null);
      }
    }

    assertThat(lines).containsExactly("k:a", "b");
    assertThat(used).containsExactly(true, true);
    HeldLocks.requireNone();
  }

  @Test
  @DisplayName("the event of an evicted key")
  void forKey_evictsAfterClosing_callsListenersWithoutTheLock() {
    Resilience resilience = closedRuntime();
    KeyedCircuitBreaker breakers = resilience.keyedCircuitBreaker("k", c -> c.maxKeys(1));
    KeyedRateLimiter limiters = resilience.keyedRateLimiter(
        "k",
        KeyedRateLimiterConfig.builder()
            .limiter(RateLimiterConfig.smooth(1, Duration.ofHours(1)).build())
            .maxKeys(1)
            .build());
    breakers.subscribeKeys(event -> useElsewhere(() -> breakers.remove("z")));
    limiters.subscribeKeys(event -> useElsewhere(() -> limiters.remove("z")));
    resilience.close();

    breakers.forKey("a");
    limiters.tryAcquire("a");
    time.advance(Duration.ofMinutes(20));
    breakers.forKey("b");
    limiters.tryAcquire("b");
    breakers.forKey("overflow");
    limiters.tryAcquire("overflow");

    assertThat(used).containsExactly(true, true, true, true);
  }

  /** A time without a free thread as long as the flag says so. */
  private ForwardingTime rejectingTime(boolean[] rejects) {
    return new ForwardingTime(time) {
      @Override
      public Executor executor() {
        Executor plain = time.executor();
        return task -> {
          if (rejects[0]) {
            throw new RejectedExecutionException("no thread");
          }
          plain.execute(task);
        };
      }
    };
  }

  @Test
  @DisplayName("the event of a shared limit that goes alone under the lock of its queue")
  void grant_goesAloneWithoutAThread_callsListenersAndLogWithoutTheLock() {
    boolean[] rejects = new boolean[1];
    Resilience resilience = Resilience.builder()
        .timeSource(rejectingTime(rejects))
        .quotaStore(MemoryQuotaStore.create(time))
        .build();
    RateLimiter limiter = resilience.rateLimiter(
        "api",
        RateLimiterConfig.smooth(1, Duration.ofSeconds(1))
            .shared()
            .maxWait(Duration.ofMinutes(1))
            .build());
    limiter.subscribe(event -> {
      HeldLocks.look("a listener");
      if (event.kind() == RateLimiterEvent.Kind.ALONE) {
        useElsewhere(() -> limiter.callAsync(CompletableFuture::new));
      }
    });
    Handler handler = HeldLocks.logHandler();
    Logger log = Logger.getLogger("io.aragora.resilience");
    log.addHandler(handler);
    log.setLevel(Level.ALL);
    try {
      time.runPending();
      rejects[0] = true;
      // Each call grants the waiting ones what there is.
      for (int i = 0; i < 40; i++) {
        limiter.callAsync(CompletableFuture::new);
        time.advance(Duration.ofMillis(100));
      }
      rejects[0] = false;
      assertThat(limiter.snapshot().isAlone()).isTrue();
      time.advance(Duration.ofMillis(100));
      resilience.close();
    } finally {
      log.removeHandler(handler);
      log.setLevel(null);
    }

    assertThat(used).containsExactly(true);
    HeldLocks.requireNone();
  }

  @Test
  @DisplayName("the event of a shared limit that goes alone on the thread of a call")
  void tryAcquire_goesAloneWithoutAThread_callsListenersWithoutAMonitor() {
    boolean[] rejects = new boolean[1];
    Resilience resilience = Resilience.builder()
        .timeSource(rejectingTime(rejects))
        .quotaStore(MemoryQuotaStore.create(time))
        .build();
    RateLimiterConfig config =
        RateLimiterConfig.smooth(10, Duration.ofSeconds(1)).shared().build();
    RateLimiter limiter = resilience.rateLimiter("api", config);
    limiter.subscribe(event -> {
      if (event.kind() == RateLimiterEvent.Kind.ALONE) {
        useElsewhere(() -> limiter.reconfigure(config.toBuilder().limit(20).build()));
      }
    });
    limiter.tryAcquire();
    rejects[0] = true;
    for (int i = 0; i < 40; i++) {
      time.advance(Duration.ofMillis(100));
      limiter.tryAcquire();
    }
    rejects[0] = false;
    time.advance(Duration.ofMillis(100));
    resilience.close();

    assertThat(used).containsExactly(true);
  }
}
