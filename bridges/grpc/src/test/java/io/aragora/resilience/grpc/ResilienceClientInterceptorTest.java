package io.aragora.resilience.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitExceededException;
import io.aragora.resilience.grpc.Shop.Call;
import io.aragora.resilience.grpc.Shop.Transport;
import io.aragora.resilience.ratelimiter.RateLimitExceededException;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.testing.ManualTime;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessSocketAddress;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Delayed;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ResilienceClientInterceptorTest {
  private final ManualTime time = ManualTime.create();
  private final Resilience resilience =
      Resilience.builder().name("shop").timeSource(time).build();
  private final KeyedCircuitBreaker breakers = resilience.keyedCircuitBreaker(
      "prices",
      KeyedCircuitBreakerConfig.of(
          CircuitBreakerConfig.builder().failureThreshold(2).build()));
  private final ConcurrencyLimit limit =
      resilience.concurrencyLimit("prices", c -> c.initial(2).least(2).most(2));
  private final RateLimiter limiter = resilience.rateLimiter(
      "prices", RateLimiterConfig.smooth(1000, Duration.ofSeconds(1)).build());
  private final ClientInterceptor policies = ResilienceClientInterceptor.builder()
      .circuitBreaker(breakers)
      .rateLimiter(limiter)
      .concurrencyLimit(limit)
      .build();

  @AfterEach
  void close() {
    resilience.close();
  }

  static Stream<Arguments> transportsAndTypes() {
    return Stream.of(Transport.values())
        .flatMap(transport -> Shop.types().stream().map(type -> Arguments.of(transport, type)));
  }

  private CircuitBreaker breaker(Channel channel, MethodType type) {
    return breakers.forKey(channel.authority() + "/shop.Prices/" + type);
  }

  private CircuitBreakerTotals totals(Channel channel, MethodType type) {
    return breaker(channel, type).snapshot().totals();
  }

  private void assertNothingIsHeld() {
    Shop.await(() -> limit.snapshot().inUse() == 0, "places in use");
  }

  @ParameterizedTest
  @MethodSource("transportsAndTypes")
  void call_succeeds_countedOnce_andNothingIsHeld(Transport transport, MethodType type) {
    try (Shop shop = new Shop(transport)) {
      Channel channel = shop.channel(policies);

      Call call = Call.of(channel, type, "ok");

      assertThat(call.end().getCode()).isEqualTo(Status.Code.OK);
      assertThat(call.received)
          .hasSize(type == MethodType.UNARY || type == MethodType.CLIENT_STREAMING ? 1 : 5);
      assertThat(totals(channel, type).successes()).isEqualTo(1);
      assertThat(limiter.totals().admitted()).isEqualTo(1);
      assertNothingIsHeld();
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OK")
  void call_failsWithAStatus_countsAsTheTableSays(Status.Code code) {
    try (Shop shop = new Shop(Transport.NETTY)) {
      Channel channel = shop.channel(policies);

      assertThat(Call.of(channel, MethodType.UNARY, code.name()).end().getCode())
          .isEqualTo(code);

      CircuitBreakerTotals totals = totals(channel, MethodType.UNARY);
      StatusTable table = StatusTable.defaults();
      boolean isSuccess = !table.isIgnored(code) && !table.isFailure(code);
      assertThat(totals.failures()).isEqualTo(table.isFailure(code) ? 1 : 0);
      assertThat(totals.successes()).isEqualTo(isSuccess ? 1 : 0);
      assertThat(limit.totals().drops()).isEqualTo(table.isOverload(code) ? 1 : 0);
      assertNothingIsHeld();
    }
  }

  @ParameterizedTest
  @MethodSource("transportsAndTypes")
  void breakerIsOpen_unavailableWithOurCause_nothingIsSent(Transport transport, MethodType type) {
    try (Shop shop = new Shop(transport)) {
      Channel channel = shop.channel(policies);
      breaker(channel, type).forceOpen();

      Status status = Call.of(channel, type, "ok").end();

      assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(status.getCause()).isInstanceOf(CallNotPermittedException.class);
      assertThat(status.getDescription()).isEqualTo(status.getCause().getMessage());
      assertThat(limiter.totals().admitted()).as("permits of the limiter").isZero();
      assertThat(Call.of(shop.channel(), type, "ok").end().isOk()).isTrue();
      assertThat(shop.handled).as("the call without policies alone").hasSize(1);
      assertNothingIsHeld();
    }
  }

  @Test
  void limiterRejects_resourceExhausted_breakerGetsItsPermitBack() {
    try (Shop shop = new Shop(Transport.IN_PROCESS)) {
      Channel channel = shop.channel(policies);
      limiter.pauseFor(Duration.ofSeconds(20));

      Status status = Call.of(channel, MethodType.UNARY, "ok").end();

      assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(status.getCause()).isInstanceOfSatisfying(RateLimitExceededException.class, e -> {
        assertThat(e.retryAfter()).isEqualTo(Duration.ofSeconds(20));
        assertThat(e.reason()).isEqualTo(RateLimitExceededException.Reason.PAUSED);
      });
      assertThat(totals(channel, MethodType.UNARY).failures()).isZero();
      assertThat(shop.handled).isEmpty();
    }
  }

  @Test
  void halfOpen_laterPolicyRejects_theProbeIsFreeAgain() {
    try (Shop shop = new Shop(Transport.IN_PROCESS)) {
      Channel channel = shop.channel(policies);
      CircuitBreaker breaker = breaker(channel, MethodType.UNARY);
      limiter.pauseFor(Duration.ofSeconds(20));
      breaker.halfOpen();

      for (int i = 0; i < 10; i++) {
        assertThat(Call.of(channel, MethodType.UNARY, "ok").end().getCode())
            .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      }

      assertThat(breaker.snapshot().probesInFlight()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("transportsAndTypes")
  void limitIsFull_unavailable_untilACallEnds(Transport transport, MethodType type)
      throws Exception {
    try (Shop shop = new Shop(transport)) {
      Channel channel = shop.channel(policies);
      Call first = Call.of(channel, type, "hang");
      Call second = Call.of(channel, type, "hang");
      shop.nextHandled();
      shop.nextHandled();

      Status third = Call.of(channel, type, "ok").end();

      assertThat(third.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(third.getCause()).isInstanceOf(ConcurrencyLimitExceededException.class);
      first.call.cancel("enough", null);
      assertThat(first.end().getCode()).isEqualTo(Status.Code.CANCELLED);
      assertThat(Call.of(channel, type, "ok").end().isOk()).isTrue();
      second.call.cancel("enough", null);
      assertThat(second.end().getCode()).isEqualTo(Status.Code.CANCELLED);
      assertNothingIsHeld();
    }
  }

  /** The points at which a caller cancels. */
  enum Point {
    BEFORE_START,
    AFTER_START,
    AFTER_REQUEST,
    AFTER_MESSAGE,
    AFTER_HALF_CLOSE,
    AFTER_HANDLER,
    AFTER_END
  }

  static Stream<Arguments> transportsTypesAndPoints() {
    return transportsAndTypes()
        .flatMap(each -> Stream.of(Point.values())
            .map(point -> Arguments.of(each.get()[0], each.get()[1], point)));
  }

  @ParameterizedTest
  @MethodSource("transportsTypesAndPoints")
  void callerCancels_isNoFailure_andNothingIsHeld(Transport transport, MethodType type, Point point)
      throws Exception {
    try (Shop shop = new Shop(transport)) {
      Channel channel = shop.channel(policies);
      Call call = new Call(channel, type, CallOptions.DEFAULT);

      proceed(shop, call, point);
      call.call.cancel("changed my mind", null);

      if (point != Point.BEFORE_START) {
        assertThat(call.end().getCode())
            .isEqualTo(point == Point.AFTER_END ? Status.Code.OK : Status.Code.CANCELLED);
      }
      CircuitBreakerTotals totals = totals(channel, type);
      assertThat(totals.failures()).isZero();
      assertThat(totals.successes()).isEqualTo(point == Point.AFTER_END ? 1 : 0);
      assertThat(limit.totals().drops()).isZero();
      assertNothingIsHeld();
    }
  }

  private static void proceed(Shop shop, Call call, Point point) throws Exception {
    if (point == Point.BEFORE_START) {
      return;
    }
    call.start(new Metadata());
    if (point == Point.AFTER_START) {
      return;
    }
    call.call.request(100);
    if (point == Point.AFTER_REQUEST) {
      return;
    }
    call.call.sendMessage(point == Point.AFTER_END ? "ok" : "hang");
    if (point == Point.AFTER_MESSAGE) {
      return;
    }
    call.call.halfClose();
    if (point == Point.AFTER_HANDLER) {
      shop.nextHandled();
    } else if (point == Point.AFTER_END) {
      call.end();
    }
  }

  @ParameterizedTest
  @EnumSource
  void contextIsCancelled_isNoFailure_andNothingIsHeld(Transport transport) throws Exception {
    try (Shop shop = new Shop(transport)) {
      Channel channel = shop.channel(policies);
      Context.CancellableContext context = Context.current().withCancellation();
      Call call = context.call(() -> Call.of(channel, MethodType.UNARY, "hang"));
      shop.nextHandled();

      context.cancel(null);

      assertThat(call.end().getCode()).isEqualTo(Status.Code.CANCELLED);
      assertThat(totals(channel, MethodType.UNARY).failures()).isZero();
      assertNothingIsHeld();
    }
  }

  @ParameterizedTest
  @EnumSource
  void serverIsKilled_isAFailure_andNothingIsHeld(Transport transport) throws Exception {
    try (Shop shop = new Shop(transport)) {
      Channel channel = shop.channel(policies);
      Call call = Call.of(channel, MethodType.BIDI_STREAMING, "hang");
      shop.nextHandled();

      shop.server.shutdownNow();

      assertThat(call.end().isOk()).isFalse();
      assertThat(totals(channel, MethodType.BIDI_STREAMING).failures()).isEqualTo(1);
      assertNothingIsHeld();
    }
  }

  /** Passes calls on, and notes the deadline of each. */
  private static final class Deadlines implements ClientInterceptor {
    private final List<Deadline> seen = new ArrayList<>();

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      seen.add(options.getDeadline());
      return next.newCall(method, options);
    }
  }

  @Test
  void deadline_ofTheInterceptor_onlyForCallsWithoutOne() {
    Deadlines deadlines = new Deadlines();
    ClientInterceptor limited =
        ResilienceClientInterceptor.builder().deadline(Duration.ofMinutes(5)).build();
    try (Shop shop = new Shop(Transport.IN_PROCESS)) {
      Channel channel = shop.channel(deadlines, limited);
      Deadline own = Deadline.after(1, TimeUnit.HOURS);

      Call.of(channel, MethodType.UNARY, "ok").end();
      CallOptions options = CallOptions.DEFAULT.withDeadline(own);
      Call.of(channel, MethodType.UNARY, "ok", options, new Metadata()).end();

      assertThat(deadlines.seen.get(0).timeRemaining(TimeUnit.SECONDS)).isBetween(1L, 300L);
      assertThat(deadlines.seen.get(1)).isSameAs(own);
    }
  }

  @Test
  void deadline_ofATimeoutAround_isTheNearest() {
    Deadlines deadlines = new Deadlines();
    ClientInterceptor limited =
        ResilienceClientInterceptor.builder().deadline(Duration.ofHours(5)).build();
    try (Shop shop = new Shop(Transport.IN_PROCESS)) {
      Channel channel = shop.channel(deadlines, limited);
      CallOptions own = CallOptions.DEFAULT.withDeadlineAfter(2, TimeUnit.MINUTES);

      resilience.timeout("around", Duration.ofMinutes(5)).run(() -> {
        Call.of(channel, MethodType.UNARY, "ok").end();
        Call.of(channel, MethodType.UNARY, "ok", own, new Metadata()).end();
      });

      assertThat(deadlines.seen.get(0).timeRemaining(TimeUnit.SECONDS)).isBetween(121L, 300L);
      assertThat(deadlines.seen.get(1).timeRemaining(TimeUnit.SECONDS)).isBetween(1L, 120L);
    }
  }

  @Test
  void deadlinePassed_beforeTheCall_takesNoPermit() {
    try (Shop shop = new Shop(Transport.IN_PROCESS)) {
      Channel channel = shop.channel(policies);
      CallOptions late = CallOptions.DEFAULT.withDeadlineAfter(-1, TimeUnit.SECONDS);

      Call call = Call.of(channel, MethodType.UNARY, "ok", late, new Metadata());

      assertThat(call.end().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(totals(channel, MethodType.UNARY).failures()).isZero();
      assertThat(limiter.totals().admitted()).isZero();
      assertThat(shop.handled).isEmpty();
    }
  }

  /** The timer of gRPC is run by hand once the server has the call, so it does not matter how long that takes. */
  @Test
  void deadlinePasses_duringTheCall_failureAndOverload() throws Exception {
    ScheduledThreadPoolExecutor timers = new ScheduledThreadPoolExecutor(1);
    try (Shop shop = new Shop(Transport.IN_PROCESS)) {
      InProcessSocketAddress address =
          (InProcessSocketAddress) shop.server.getListenSockets().get(0);
      ManagedChannel managed = InProcessChannelBuilder.forName(address.getName())
          .scheduledExecutorService(timers)
          .build();
      Channel channel = ClientInterceptors.intercept(managed, policies);
      CallOptions hour = CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.HOURS);
      Call call = Call.of(channel, MethodType.UNARY, "hang", hour, new Metadata());
      shop.nextHandled();

      List<Runnable> ofDeadlines = timers.getQueue().stream()
          .filter(
              task -> ((Delayed) task).getDelay(TimeUnit.MINUTES) > 40) // that of idleness has 30
          .toList();
      ofDeadlines.forEach(Runnable::run);

      assertThat(ofDeadlines).isNotEmpty();
      assertThat(call.end().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(totals(channel, MethodType.UNARY).failures()).isEqualTo(1);
      assertThat(limit.totals().drops()).isEqualTo(1);
      assertNothingIsHeld();
      managed.shutdownNow();
    } finally {
      timers.shutdownNow();
    }
  }

  @Test
  void serverAsksForADelay_limiterIsPaused() {
    try (Shop shop = new Shop(Transport.NETTY)) {
      shop.trailers.put(ServerPushback.PUSHBACK, "7000");
      Channel channel = shop.channel(policies);

      Call.of(channel, MethodType.UNARY, "RESOURCE_EXHAUSTED").end();

      assertThat(limiter.snapshot().pausedFor()).isEqualTo(Duration.ofSeconds(7));
    }
  }

  /** Fails each call before it exists. */
  private static final class Broken implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      throw new IllegalStateException("broken");
    }
  }

  @Test
  void interceptorBelowThrows_permitsGoBack() {
    try (Shop shop = new Shop(Transport.IN_PROCESS)) {
      Channel channel = shop.channel(new Broken(), policies);

      assertThatThrownBy(() -> Call.of(channel, MethodType.UNARY, "ok"))
          .isInstanceOf(IllegalStateException.class);

      assertThat(totals(channel, MethodType.UNARY).failures()).isZero();
      assertNothingIsHeld();
    }
  }

  @Test
  void interceptorBelowWaitsForAThreadThatCancels_noDeadlock() {
    try (Shop shop = new Shop(Transport.IN_PROCESS)) {
      AtomicReference<ClientCall<?, ?>> call = new AtomicReference<>();
      List<Boolean> ended = new ArrayList<>();
      ClientInterceptor waiting = new ClientInterceptor() {
        @Override
        public <Q, R> ClientCall<Q, R> interceptCall(
            MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
          ClientCall<?, ?> outer = call.getAndSet(null);
          if (outer != null) {
            ended.add(CompletableFuture.runAsync(() -> outer.cancel("no longer wanted", null))
                .thenApply(done -> true)
                .completeOnTimeout(false, 10, TimeUnit.SECONDS)
                .join());
          }
          return next.newCall(method, options);
        }
      };
      ClientInterceptor outermost = new ClientInterceptor() {
        @Override
        public <Q, R> ClientCall<Q, R> interceptCall(
            MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
          ClientCall<Q, R> outer = next.newCall(method, options);
          call.set(outer);
          return outer;
        }
      };
      Channel channel = shop.channel(waiting, policies, outermost);

      assertThatThrownBy(() -> Call.of(channel, MethodType.UNARY, "ok"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("call was cancelled");

      assertThat(ended).containsExactly(true);
      assertThat(totals(channel, MethodType.UNARY).failures()).isZero();
      assertNothingIsHeld();
    }
  }

  @Test
  void flowControl_isThatOfTheCaller() throws Exception {
    try (Shop shop = new Shop(Transport.NETTY)) {
      Call call = new Call(shop.channel(policies), MethodType.SERVER_STREAMING, CallOptions.DEFAULT)
          .start(new Metadata());
      call.call.sendMessage("ok");
      call.call.halfClose();
      shop.nextHandled();

      call.call.request(2);
      Shop.await(() -> call.received.size() == 2, "two messages");
      assertThat(call.status).isNotDone();
      call.call.request(100);

      assertThat(call.end().isOk()).isTrue();
      assertThat(call.received).containsExactly("ok0", "ok1", "ok2", "ok3", "ok4");
    }
  }

  @ParameterizedTest
  @EnumSource
  void stubs_seeTheRejectionAsTheirException(Transport transport) {
    try (Shop shop = new Shop(transport)) {
      Channel channel = shop.channel(policies);
      breaker(channel, MethodType.UNARY).forceOpen();

      assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(
              channel, Shop.method(MethodType.UNARY), CallOptions.DEFAULT, "ok"))
          .isInstanceOf(StatusRuntimeException.class)
          .hasCauseInstanceOf(CallNotPermittedException.class);
      assertThat(ClientCalls.futureUnaryCall(
              channel.newCall(Shop.method(MethodType.UNARY), CallOptions.DEFAULT), "ok"))
          .failsWithin(Duration.ofSeconds(Shop.BOUND_SECONDS))
          .withThrowableOfType(ExecutionException.class)
          .havingRootCause()
          .isInstanceOf(CallNotPermittedException.class);
    }
  }

  @Test
  void breakerOfAMethod_opens_othersStayClosed() {
    try (Shop shop = new Shop(Transport.IN_PROCESS)) {
      Channel channel = shop.channel(policies);
      for (int i = 0; i < 2; i++) {
        Call.of(channel, MethodType.UNARY, "INTERNAL").end();
      }

      assertThat(Call.of(channel, MethodType.UNARY, "ok").end().getCause())
          .isInstanceOf(CallNotPermittedException.class);
      assertThat(Call.of(channel, MethodType.CLIENT_STREAMING, "ok").end().isOk())
          .isTrue();
    }
  }

  @Test
  void noPolicies_passesCallsThrough() {
    try (Shop shop = new Shop(Transport.IN_PROCESS)) {
      Channel channel = shop.channel(ResilienceClientInterceptor.builder().build());

      assertThat(Call.of(channel, MethodType.UNARY, "ok").end().isOk()).isTrue();
      assertThat(Call.of(channel, MethodType.UNARY, "INTERNAL").end().getCode())
          .isEqualTo(Status.Code.INTERNAL);
    }
  }

  @Test
  void builder_invalidSettings_namedWithRuleAndValue() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ResilienceClientInterceptor.builder().deadline(Duration.ZERO))
        .withMessage("deadline must be positive and at most 106,751 days: PT0S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> StatusTable.builder().failure(Status.Code.OK))
        .withMessage("failure must not contain OK: [OK]");
  }

  @Test
  void statusTable_changed_laterLineHolds() {
    StatusTable table = StatusTable.builder()
        .failure(Status.Code.RESOURCE_EXHAUSTED)
        .success(Status.Code.UNKNOWN)
        .ignore(Status.Code.INTERNAL)
        .overload()
        .build();

    assertThat(table.isFailure(Status.Code.RESOURCE_EXHAUSTED)).isTrue();
    assertThat(table.isIgnored(Status.Code.RESOURCE_EXHAUSTED)).isFalse();
    assertThat(table.isFailure(Status.Code.UNKNOWN)).isFalse();
    assertThat(table.isIgnored(Status.Code.INTERNAL)).isTrue();
    assertThat(table.isFailure(Status.Code.INTERNAL)).isFalse();
    assertThat(table.isOverload(Status.Code.UNAVAILABLE)).isFalse();
  }
}
