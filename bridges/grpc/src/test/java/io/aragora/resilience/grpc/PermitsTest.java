package io.aragora.resilience.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.grpc.Status;
import java.lang.reflect.Proxy;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A policy that fails to count the end of a call keeps neither the permit of the other policy nor the end. */
class PermitsTest {
  private final Resilience resilience = Resilience.builder().build();
  private final CircuitBreaker breaker = resilience.circuitBreaker(
      "b", CircuitBreakerConfig.builder().failureThreshold(1).build());
  private final ConcurrencyLimit limit = resilience.concurrencyLimit("l", c -> {});

  @AfterEach
  void close() {
    resilience.close();
  }

  static List<Throwable> throwables() {
    return List.of(
        new IllegalStateException("foreign"),
        new NoClassDefFoundError("foreign"),
        new StackOverflowError("foreign"),
        new Exception("foreign, sneaked past the compiler"));
  }

  @SuppressWarnings("TypeParameterUnusedInFormals")
  private static <T> T broken(Class<T> type, Throwable thrown) {
    return type.cast(Proxy.newProxyInstance(
        type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
          throw thrown;
        }));
  }

  private Permits permits(CircuitBreaker ofBreaker, ConcurrencyLimit ofLimit) {
    return new Permits(
        ofBreaker,
        breaker.tryAcquirePermit(),
        ofLimit,
        limit.tryAcquirePermit(),
        StatusTable.defaults(),
        true);
  }

  @ParameterizedTest
  @MethodSource("throwables")
  void end_breakerThrows_placeIsGivenBack(Throwable thrown) {
    for (Status status : List.of(Status.OK, Status.UNAVAILABLE, Status.CANCELLED)) {
      Permits permits = permits(broken(CircuitBreaker.class, thrown), limit);
      assertThat(limit.snapshot().inUse()).isOne();

      assertThat(permits.end(status, null)).isTrue();

      assertThat(limit.snapshot().inUse()).as(status.toString()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("throwables")
  void release_breakerThrows_placeIsGivenBack(Throwable thrown) {
    permits(broken(CircuitBreaker.class, thrown), limit).release();

    assertThat(limit.snapshot().inUse()).isZero();
  }

  @ParameterizedTest
  @MethodSource("throwables")
  void end_limitThrows_breakerHasCounted(Throwable thrown) {
    Permits permits = permits(breaker, broken(ConcurrencyLimit.class, thrown));

    assertThat(permits.end(Status.UNAVAILABLE, null)).isTrue();

    assertThat(breaker.snapshot().totals().failures()).isOne();
  }
}
