package io.aragora.resilience.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.Priority;
import io.aragora.resilience.grpc.Shop.Call;
import io.aragora.resilience.grpc.Shop.Transport;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.testing.ManualTime;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ResilienceServerInterceptorTest {
  private static final Metadata.Key<String> PRIORITY =
      Metadata.Key.of("x-priority", Metadata.ASCII_STRING_MARSHALLER);

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience =
      Resilience.builder().name("shop").timeSource(time).build();
  private final ConcurrencyLimit limit = resilience.concurrencyLimit(
      "server", c -> c.initial(2).least(2).most(2).share(Priority.SHEDDABLE, 0.5));
  private final ServerInterceptor policies = ResilienceServerInterceptor.builder()
      .concurrencyLimit(limit)
      .priorityFrom("x-priority")
      .pushback(Duration.ofMillis(250))
      .build();

  @AfterEach
  void close() {
    resilience.close();
  }

  static Stream<Arguments> transportsAndTypes() {
    return ResilienceClientInterceptorTest.transportsAndTypes();
  }

  private void assertNothingIsHeld() {
    Shop.await(() -> limit.snapshot().inUse() == 0, "places in use");
  }

  private KeyedRateLimiter oneCallEach(String name) {
    return resilience.keyedRateLimiter(
        name,
        KeyedRateLimiterConfig.of(
            RateLimiterConfig.smooth(1, Duration.ofSeconds(5)).burst(1).build()));
  }

  private static Call withPriority(Shop shop, String priority) {
    Metadata headers = new Metadata();
    headers.put(PRIORITY, priority);
    return Call.of(shop.managed, MethodType.UNARY, "ok", CallOptions.DEFAULT, headers);
  }

  @ParameterizedTest
  @MethodSource("transportsAndTypes")
  void limitIsFull_unavailableWithPushback_handlerDoesNotRun(Transport transport, MethodType type)
      throws Exception {
    try (Shop shop = new Shop(transport, policies)) {
      Call first = Call.of(shop.managed, type, "hang");
      Call second = Call.of(shop.managed, type, "hang");
      shop.nextHandled();
      shop.nextHandled();

      Call third = Call.of(shop.managed, type, "ok");

      assertThat(third.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(third.trailers.get(ServerPushback.PUSHBACK)).isEqualTo("250");
      assertThat(shop.handled).isEmpty();
      first.call.cancel("enough", null);
      second.call.cancel("enough", null);
      assertNothingIsHeld();
      assertThat(Call.of(shop.managed, type, "ok").end().isOk()).isTrue();
      assertNothingIsHeld();
    }
  }

  @ParameterizedTest
  @MethodSource("transportsAndTypes")
  void call_endsInAnyWay_givesItsPlaceBackOnce(Transport transport, MethodType type) {
    try (Shop shop = new Shop(transport, policies)) {
      for (String order : new String[] {"ok", "INTERNAL", "UNAVAILABLE", "throw", "throw late"}) {
        Call call = Call.of(shop.managed, type, order);
        assertThat(call.end().isOk()).as(order).isEqualTo(order.equals("ok"));
        assertNothingIsHeld();
      }
      Metadata headers = new Metadata();
      headers.put(Shop.THROW, "yes");
      assertThat(Call.of(shop.managed, type, "ok", CallOptions.DEFAULT, headers)
              .end()
              .getCode())
          .isEqualTo(Status.Code.UNKNOWN);
      assertNothingIsHeld();
      assertThat(limit.totals().drops()).isEqualTo(1);
      assertThat(limit.totals().strayReleases()).isZero();
      assertThat(limit.totals().admitted()).isEqualTo(6);
    }
  }

  @ParameterizedTest
  @MethodSource("transportsAndTypes")
  void clientIsKilled_placesGoBack_withoutASignOfOverload(Transport transport, MethodType type)
      throws Exception {
    try (Shop shop = new Shop(transport, policies)) {
      Call call = Call.of(shop.managed, type, "hang");
      shop.nextHandled();

      shop.managed.shutdownNow();

      assertThat(call.end().isOk()).isFalse();
      assertNothingIsHeld();
      assertThat(limit.totals().drops()).isZero();
    }
  }

  /** A clock of gRPC that tests move. */
  private static final class Clock extends Deadline.Ticker {
    private long nanos;

    @Override
    public long nanoTime() {
      return nanos;
    }
  }

  /** A tenth of the time that the call had, at most 50 ms. */
  @ParameterizedTest
  @CsvSource({
    "-1, 0, 1",
    "20, 17, 0",
    "20, 18, 1",
    "100, 89, 0",
    "100, 90, 1",
    "500, 449, 0",
    "500, 450, 1",
    "3600000, 0, 0",
    "3600000, 3599949, 0",
    "3600000, 3599950, 1",
    "3600000, 3600001, 1"
  })
  void cancelled_whenTheDeadlineIsNear_aSignOfOverload(long deadline, long at, int drops) {
    Clock clock = new Clock();
    Deadline ofCall = Deadline.after(deadline, TimeUnit.MILLISECONDS, clock);
    long tolerance = ResilienceServerInterceptor.tolerance(ofCall);
    clock.nanos = TimeUnit.MILLISECONDS.toNanos(at);

    ResilienceServerInterceptor.cancelled(permits(), ofCall, tolerance);

    assertThat(limit.totals().drops()).isEqualTo(drops);
    assertNothingIsHeld();
  }

  @Test
  void cancelled_withoutADeadline_noSignOfOverload() {
    ResilienceServerInterceptor.cancelled(
        permits(), null, ResilienceServerInterceptor.tolerance(null));

    assertThat(limit.totals().drops()).isZero();
    assertNothingIsHeld();
  }

  /** Fails each call after the interceptors further inside have seen it. */
  private static final class BrokenOutside implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      next.startCall(call, headers);
      throw new IllegalStateException("outside");
    }
  }

  @ParameterizedTest
  @MethodSource("transportsAndTypes")
  void interceptorFurtherOutsideThrows_placeGoesBack(Transport transport, MethodType type) {
    try (Shop shop = new Shop(transport, policies, new BrokenOutside())) {
      assertThat(Call.of(shop.managed, type, "ok").end().getCode()).isEqualTo(Status.Code.UNKNOWN);

      assertNothingIsHeld();
      assertThat(limit.totals().admitted()).isEqualTo(1);
      assertThat(limit.totals().drops()).isZero();
    }
  }

  /** Blocks each handler when its first message arrives. */
  private static final class Blocking implements ServerInterceptor {
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
        @Override
        public void onMessage(Q message) {
          super.onMessage(message);
          Context.current().addListener(context -> cancelled.countDown(), Runnable::run);
          try {
            assertThat(release.await(Shop.BOUND_SECONDS, TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        }
      };
    }
  }

  @ParameterizedTest
  @MethodSource("transportsAndTypes")
  void handlerBlocks_callIsCancelled_holdsItsPlaceUntilItReturns(
      Transport transport, MethodType type) throws Exception {
    Blocking blocking = new Blocking();
    try (Shop shop = new Shop(transport, blocking, policies)) {
      Call call = Call.of(shop.managed, type, "hang");
      shop.nextHandled();

      call.call.cancel("enough", null);
      assertThat(blocking.cancelled.await(Shop.BOUND_SECONDS, TimeUnit.SECONDS)).isTrue();

      assertThat(limit.snapshot().inUse()).isEqualTo(1);
      blocking.release.countDown();
      assertNothingIsHeld();
    }
  }

  private Permits permits() {
    return new Permits(null, 0, limit, limit.tryAcquirePermit(), StatusTable.defaults(), true);
  }

  @Test
  void priority_sheddableIsRejectedFirst() throws Exception {
    try (Shop shop = new Shop(Transport.IN_PROCESS, policies)) {
      assertThat(Call.of(shop.managed, MethodType.UNARY, "hang").status).isNotDone();
      shop.nextHandled();

      assertThat(withPriority(shop, "Sheddable").end().getCode())
          .isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(withPriority(shop, "critical").end().isOk()).isTrue();
      assertThat(withPriority(shop, "what?").end().isOk()).isTrue();
      assertThat(limit.totals(Priority.SHEDDABLE).rejectedFull()).isEqualTo(1);
      assertThat(limit.totals(Priority.CRITICAL).admitted()).isEqualTo(1);
      assertThat(limit.totals(Priority.NORMAL).admitted()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @EnumSource
  void priority_notInTheHeaders_isThatOfTheLimit(Priority ofLimit) {
    ServerInterceptor withHeader = ResilienceServerInterceptor.builder()
        .concurrencyLimit(limit.withPriority(ofLimit))
        .priorityFrom("x-priority")
        .build();
    ServerInterceptor without = ResilienceServerInterceptor.builder()
        .concurrencyLimit(limit.withPriority(ofLimit))
        .build();
    try (Shop shop = new Shop(Transport.IN_PROCESS, withHeader);
        Shop other = new Shop(Transport.IN_PROCESS, without)) {
      assertThat(Call.of(shop.managed, MethodType.UNARY, "ok").end().isOk()).isTrue();
      assertThat(withPriority(shop, "what?").end().isOk()).isTrue();
      assertThat(withPriority(other, "critical").end().isOk()).isTrue();
      assertThat(limit.totals(ofLimit).admitted()).isEqualTo(3);

      for (Priority priority : Priority.values()) {
        long before = limit.totals(priority).admitted();
        assertThat(withPriority(shop, priority.name()).end().isOk()).isTrue();
        assertThat(limit.totals(priority).admitted()).isEqualTo(before + 1);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void limiterOfThePeer_resourceExhaustedWithPushback(Transport transport) {
    KeyedRateLimiter limiter = oneCallEach("peers");
    ServerInterceptor limited =
        ResilienceServerInterceptor.builder().rateLimiter(limiter).build();
    try (Shop shop = new Shop(transport, limited)) {
      assertThat(Call.of(shop.managed, MethodType.UNARY, "ok").end().isOk()).isTrue();

      Call second = Call.of(shop.managed, MethodType.UNARY, "ok");

      assertThat(second.end().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(second.trailers.get(ServerPushback.PUSHBACK)).isEqualTo("5000");
      assertThat(limiter.mostRejected(5))
          .containsOnlyKeys(transport == Transport.NETTY ? "127.0.0.1" : "InProcessSocketAddress");
    }
  }

  @Test
  void peer_ofTheApplication_isTheKey() {
    ServerInterceptor limited = ResilienceServerInterceptor.builder()
        .rateLimiter(oneCallEach("tenants"))
        .peer((call, headers) -> String.valueOf(headers.get(PRIORITY)))
        .build();
    try (Shop shop = new Shop(Transport.IN_PROCESS, limited)) {
      assertThat(withPriority(shop, "acme").end().isOk()).isTrue();
      assertThat(withPriority(shop, "acme").end().isOk()).isFalse();
      assertThat(withPriority(shop, "other").end().isOk()).isTrue();
    }
  }

  static Stream<BiFunction<ServerCall<?, ?>, Metadata, String>> peersThatSayNothing() {
    return Stream.of(
        (call, headers) -> null,
        (call, headers) -> " ",
        (call, headers) -> "x".repeat(10_001),
        (call, headers) -> {
          throw new IllegalStateException("no such header");
        },
        (call, headers) -> {
          throw new NoClassDefFoundError("Tenants");
        });
  }

  @ParameterizedTest
  @MethodSource("peersThatSayNothing")
  void peer_thatSaysNothing_sharesOneKey(BiFunction<ServerCall<?, ?>, Metadata, String> peer) {
    KeyedRateLimiter limiter = oneCallEach("tenants");
    ServerInterceptor limited =
        ResilienceServerInterceptor.builder().rateLimiter(limiter).peer(peer).build();
    try (Shop shop = new Shop(Transport.IN_PROCESS, limited)) {
      assertThat(Call.of(shop.managed, MethodType.UNARY, "ok").end().isOk()).isTrue();
      assertThat(Call.of(shop.managed, MethodType.UNARY, "ok").end().getCode())
          .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(limiter.mostRejected(5)).containsOnlyKeys("unknown");
    }
  }

  @Test
  void limiterRejects_placeOfTheLimitIsNotTaken() {
    ServerInterceptor both = ResilienceServerInterceptor.builder()
        .rateLimiter(oneCallEach("peers"))
        .concurrencyLimit(limit)
        .build();
    try (Shop shop = new Shop(Transport.IN_PROCESS, both)) {
      for (int i = 0; i < 4; i++) {
        assertThat(Call.of(shop.managed, MethodType.UNARY, "ok").end().isOk()).isEqualTo(i == 0);
      }
      assertThat(limit.totals().admitted()).isEqualTo(1);
      assertNothingIsHeld();
    }
  }

  @Test
  void clientWithPolicies_followsThePushbackOfTheServer() throws Exception {
    RateLimiter limiter = resilience.rateLimiter(
        "client", RateLimiterConfig.smooth(1000, Duration.ofSeconds(1)).build());
    ClientInterceptor client =
        ResilienceClientInterceptor.builder().rateLimiter(limiter).build();
    try (Shop shop = new Shop(Transport.NETTY, policies)) {
      for (int i = 0; i < 2; i++) {
        assertThat(Call.of(shop.managed, MethodType.UNARY, "hang").status).isNotDone();
        shop.nextHandled();
      }

      assertThat(Call.of(shop.channel(client), MethodType.UNARY, "ok").end().getCode())
          .isEqualTo(Status.Code.UNAVAILABLE);

      assertThat(limiter.snapshot().pausedFor()).isEqualTo(Duration.ofMillis(250));
    }
  }

  /** The backoff would take minutes, so the retry is that of the pushback. */
  @Test
  void clientThatRetries_followsThePushback_andIsOneCallToItsPolicies() throws Exception {
    ConcurrencyLimit one =
        resilience.concurrencyLimit("one", c -> c.initial(1).least(1).most(1));
    ServerInterceptor server = ResilienceServerInterceptor.builder()
        .concurrencyLimit(one)
        .pushback(Duration.ofSeconds(1))
        .build();
    KeyedCircuitBreaker breakers = resilience.keyedCircuitBreaker("prices", c -> {});
    ClientInterceptor client =
        ResilienceClientInterceptor.builder().circuitBreaker(breakers).build();
    try (Shop shop = new Shop(Transport.NETTY, server)) {
      ManagedChannel retrying = Grpc.newChannelBuilder(
              "127.0.0.1:" + shop.server.getPort(), InsecureChannelCredentials.create())
          .defaultServiceConfig(retries())
          .intercept(client)
          .build();
      Call first = Call.of(shop.managed, MethodType.UNARY, "hang");
      shop.nextHandled();
      Call second = Call.of(retrying, MethodType.UNARY, "ok");
      Shop.await(() -> one.totals().rejectedFull() == 1, "the first attempt is rejected");

      first.call.cancel("enough", null);

      assertThat(second.end().isOk()).isTrue();
      assertThat(breakers.totals().successes()).isEqualTo(1);
      assertThat(breakers.totals().failures()).isZero();
      retrying.shutdownNow();
    }
  }

  private static Map<String, ?> retries() {
    Map<String, ?> policy = Map.of(
        "maxAttempts",
        5.0,
        "initialBackoff",
        "600s",
        "maxBackoff",
        "600s",
        "backoffMultiplier",
        1.0,
        "retryableStatusCodes",
        List.of("UNAVAILABLE"));
    return Map.of(
        "methodConfig", List.of(Map.of("name", List.of(Map.of()), "retryPolicy", policy)));
  }

  @Test
  void builder_invalidSettings_namedWithRuleAndValue() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ResilienceServerInterceptor.builder().pushback(Duration.ofHours(2)))
        .withMessage("pushback must be in [0, PT1H]: PT2H");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ResilienceServerInterceptor.builder().priorityFrom("x-priority-bin"));
  }
}
