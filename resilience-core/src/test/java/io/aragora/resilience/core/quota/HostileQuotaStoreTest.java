package io.aragora.resilience.core.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterSnapshot;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.testing.MemoryQuotaStore;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Stores that fail in every way, or give nonsense. */
class HostileQuotaStoreTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private final ManualTime time = ManualTime.create();

  /** What a store does when it is asked. */
  interface Answer {
    QuotaLease to(QuotaRequest request) throws Throwable;
  }

  private static QuotaLease.Builder lease() {
    return QuotaLease.builder();
  }

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of("a failure", (Answer) request -> {
          throw new QuotaStoreException("down", null);
        }),
        Arguments.of("a failure without a message", (Answer) request -> {
          throw new QuotaStoreException(null, null);
        }),
        Arguments.of("a runtime exception", (Answer) request -> {
          throw new IllegalStateException();
        }),
        Arguments.of("an error", (Answer) request -> {
          throw new StackOverflowError();
        }),
        Arguments.of("an error whose text throws", (Answer) request -> {
          throw new Error() {
            @Override
            public String toString() {
              throw new OutOfMemoryError();
            }

            @Override
            public String getMessage() {
              throw new OutOfMemoryError();
            }
          };
        }),
        Arguments.of("null", (Answer) request -> null),
        Arguments.of("other settings", (Answer)
            request -> lease().otherSettings("limit=\u0000{0}'{").build()));
  }

  static Stream<Arguments> nonsense() {
    return Stream.of(
        Arguments.of("more than wanted", (Answer)
            request -> lease().granted(Integer.MAX_VALUE).left(1e300).build()),
        Arguments.of("fewer than nothing", (Answer)
            request -> lease().granted(Integer.MIN_VALUE).left(-1e300).build()),
        Arguments.of("no number", (Answer)
            request -> lease().granted(1).left(Double.NaN).instances(-7).build()),
        Arguments.of("infinity", (Answer) request ->
            lease().left(Double.NEGATIVE_INFINITY).instances(Integer.MAX_VALUE).build()));
  }

  private Resilience runtime(Answer answer) {
    return Resilience.builder()
        .name("r")
        .timeSource(time)
        .quotaStore(new QuotaStore() {
          @Override
          public QuotaLease lease(QuotaRequest request) throws QuotaStoreException {
            try {
              return answer.to(request);
            } catch (QuotaStoreException | RuntimeException | Error e) {
              throw e;
            } catch (Throwable e) {
              throw new IllegalStateException(e);
            }
          }

          @Override
          public void close() {
            throw new IllegalStateException("close");
          }
        })
        .build();
  }

  private int callForSeconds(RateLimiter limiter, int seconds) {
    int admitted = 0;
    for (int i = 0; i < 1_000 * seconds; i++) {
      time.advance(Duration.ofMillis(1));
      admitted += limiter.tryAcquire() ? 1 : 0;
    }
    return admitted;
  }

  private RateLimiter limiter(Resilience resilience) {
    return resilience.rateLimiter(
        "api",
        RateLimiterConfig.smooth(100, SECOND)
            .burst(10)
            .shared()
            .assumedInstances(4)
            .build());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("failures")
  @DisplayName("a store that fails leaves the instance its share, and nothing reaches a call")
  void lease_fails_leavesTheShare(String what, Answer answer) {
    try (Resilience resilience = runtime(answer)) {
      RateLimiter limiter = limiter(resilience);
      callForSeconds(limiter, 2);

      int instances = Math.max(1, limiter.snapshot().instances());
      int share = 100 / (what.equals("other settings") ? instances : 4);
      assertThat(limiter.snapshot().isAlone()).isTrue();
      assertThat(callForSeconds(limiter, 10)).isBetween(10 * share - 10, 10 * share + 10);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("nonsense")
  @DisplayName("an instance takes at most what it asked for, whatever the store answers")
  void lease_nonsense_isBounded(String what, Answer answer) {
    try (Resilience resilience = runtime(answer)) {
      RateLimiter limiter = limiter(resilience);
      int admitted = callForSeconds(limiter, 10);

      RateLimiterSnapshot now = limiter.snapshot();
      assertThat(now.level()).isBetween(0L, 10L);
      assertThat(now.nextPermitIn()).isBetween(Duration.ZERO, Duration.ofDays(2));
      assertThat(now.instances()).isPositive();
      assertThat(admitted).isBetween(0, 10 * 1_000);
    }
  }

  @Test
  @DisplayName("a quota that the store cannot lease leaves the other limits of the runtime alone")
  void lease_oneQuotaFails_othersGoOn() {
    MemoryQuotaStore store = MemoryQuotaStore.create(time);
    try (Resilience resilience = runtime(request -> {
      if (request.quota().equals("ratelimiter:api")) {
        throw new QuotaStoreException("foreign data", null);
      }
      return store.lease(request);
    })) {
      RateLimiter broken = limiter(resilience);
      RateLimiter sound = resilience.rateLimiter(
          "sound", RateLimiterConfig.smooth(100, SECOND).burst(10).shared().build());
      int admitted = 0;
      for (int i = 0; i < 20_000; i++) {
        time.advance(Duration.ofMillis(1));
        broken.tryAcquire();
        admitted += sound.tryAcquire() ? 1 : 0;
        assertThat(sound.snapshot().isAlone()).isFalse();
      }

      assertThat(broken.snapshot().isAlone()).isTrue();
      assertThat(admitted).isBetween(1_950, 2_050);
    }
  }
}
