package io.aragora.resilience.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.grpc.Shop.Call;
import io.aragora.resilience.grpc.Shop.Transport;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every way in which a call of a client can end, of every type of call by every kind of stub: what is counted, and that nothing is
 * held.
 */
class CallEndsTest {
  private static final Status LOST = Status.UNAVAILABLE.withDescription("another dependency");

  private final Resilience resilience = Resilience.builder().name("ends").build();
  private final KeyedCircuitBreaker breakers = resilience.keyedCircuitBreaker("prices", c -> {});
  private final KeyedCircuitBreaker below = resilience.keyedCircuitBreaker("below", c -> {});
  private final KeyedCircuitBreaker mapped = resilience.keyedCircuitBreaker(
      "mapped",
      KeyedCircuitBreakerConfig.of(CircuitBreakerConfig.builder()
          .mapException(e -> new IllegalStateException("mapped"))
          .build()));
  private final ConcurrencyLimit limit =
      resilience.concurrencyLimit("prices", c -> c.initial(2).least(2).most(2));
  private final ConcurrencyLimit between =
      resilience.concurrencyLimit("between", c -> c.initial(2).least(2).most(2));
  private final ClientInterceptor policies = ResilienceClientInterceptor.builder()
      .circuitBreaker(breakers)
      .concurrencyLimit(limit)
      .build();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void close() {
    threads.shutdownNow();
    resilience.close();
  }

  /** The kinds of stubs. */
  enum Stub {
    FUTURE,
    ASYNC,
    BLOCKING,
    BLOCKING_V2;

    boolean has(MethodType type) {
      return switch (this) {
        case FUTURE -> type == MethodType.UNARY;
        case ASYNC, BLOCKING_V2 -> true;
        case BLOCKING -> type == MethodType.UNARY || type == MethodType.SERVER_STREAMING;
      };
    }
  }

  /** The ways in which a call ends, and what is counted. */
  enum End {
    OK("ok", 1, 0, 0),
    FAILURE("INTERNAL", 0, 1, 0),
    OVERLOAD("UNAVAILABLE", 0, 1, 1),
    CANCELLED_BY_SERVER("CANCELLED", 0, 1, 0),
    CANCEL("hang", 0, 0, 0),
    CONTEXT("hang", 0, 0, 0),
    CONTEXT_OF_ANOTHER_FAILURE("hang", 0, 0, 0),
    CONTEXT_BEFORE("ok", 0, 0, 0),
    LISTENER("ok", 0, 0, 0),
    REJECTED("ok", 0, 0, 0),
    REJECTED_BELOW("ok", 0, 0, 0),
    REJECTED_BELOW_AND_MAPPED("ok", 0, 0, 0);

    final String order;
    final long successes;
    final long failures;
    final long drops;

    End(String order, long successes, long failures, long drops) {
      this.order = order;
      this.successes = successes;
      this.failures = failures;
      this.drops = drops;
    }
  }

  static Stream<Arguments> ends() {
    List<Arguments> all = new ArrayList<>();
    for (Transport transport : Transport.values()) {
      for (Stub stub : Stub.values()) {
        for (MethodType type : Shop.types()) {
          for (End end : End.values()) {
            if (stub.has(type) && (end != End.LISTENER || stub == Stub.ASYNC)) {
              all.add(Arguments.of(transport, stub, type, end));
            }
          }
        }
      }
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("ends")
  void call_ends_countedAsItEnded_andNothingIsHeld(
      Transport transport, Stub stub, MethodType type, End end) throws Exception {
    try (Shop shop = new Shop(transport);
        Context.CancellableContext context = Context.current().withCancellation()) {
      Channel channel = channel(shop, end);
      String key = channel.authority() + "/shop.Prices/" + type;
      switch (end) {
        case REJECTED -> breakers.forKey(key).forceOpen();
        case REJECTED_BELOW -> below.forKey(key).forceOpen();
        case REJECTED_BELOW_AND_MAPPED -> mapped.forKey(key).forceOpen();
        case CONTEXT_BEFORE -> context.cancel(null);
        default -> {}
      }

      Running call = context.call(() -> start(stub, type, channel, end, context));
      switch (end) {
        case CANCEL -> {
          shop.nextHandled();
          call.cancel.run();
        }
        case CONTEXT -> {
          shop.nextHandled();
          context.cancel(null);
        }
        case CONTEXT_OF_ANOTHER_FAILURE -> {
          shop.nextHandled();
          context.cancel(LOST.asRuntimeException());
        }
        case LISTENER -> {} // ends by its first message
        default -> call.finish.call();
      }

      Shop.await(() -> limit.snapshot().inUse() == 0, "permits in use");
      Shop.await(() -> between.snapshot().inUse() == 0, "permits in use");
      assertThat(breakers.totals().successes()).as("successes").isEqualTo(end.successes);
      assertThat(breakers.totals().failures()).as("failures").isEqualTo(end.failures);
      assertThat(limit.totals().drops()).as("signs of overload").isEqualTo(end.drops);
      assertThat(between.totals().drops()).as("signs of overload").isZero();
      assertThat(limit.totals().strayReleases()).isZero();
      if (end == End.CONTEXT_BEFORE) {
        assertThat(limit.totals().admitted()).as("permits").isZero();
      }
      if (end.name().startsWith("REJECTED") || end == End.CONTEXT_BEFORE) {
        assertThat(shop.handled).isEmpty();
      }
    }
  }

  private Channel channel(Shop shop, End end) {
    return switch (end) {
      case REJECTED_BELOW, REJECTED_BELOW_AND_MAPPED ->
        shop.channel(
            ResilienceClientInterceptor.builder()
                .circuitBreaker(end == End.REJECTED_BELOW ? below : mapped)
                .build(),
            ResilienceClientInterceptor.builder().concurrencyLimit(between).build(),
            policies);
      default -> shop.channel(policies);
    };
  }

  /**
   * A call under way.
   *
   * @param cancel cancels it, as a user of its stub does
   * @param finish waits for its end, and reads all of its messages
   */
  private record Running(Runnable cancel, Callable<?> finish) {}

  private Running start(
      Stub stub, MethodType type, Channel channel, End end, Context.CancellableContext context)
      throws Exception {
    return switch (stub) {
      case FUTURE -> {
        Future<String> future = ClientCalls.futureUnaryCall(
            channel.newCall(Shop.method(type), CallOptions.DEFAULT), end.order);
        yield new Running(() -> future.cancel(true), () -> ended(future));
      }
      case ASYNC -> async(type, channel, end);
      case BLOCKING -> onAThread(context, () -> blocking(type, channel, end.order));
      case BLOCKING_V2 ->
        type == MethodType.UNARY
            ? onAThread(
                context,
                () -> ClientCalls.blockingV2UnaryCall(
                    channel, Shop.method(type), CallOptions.DEFAULT, end.order))
            : blockingV2(type, channel, end.order);
    };
  }

  private static boolean ended(Future<?> future) throws Exception {
    try {
      future.get(Shop.BOUND_SECONDS, TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException e) {
      return false;
    }
  }

  private Running onAThread(Context.CancellableContext context, Callable<?> body) {
    Future<?> future = threads.submit(context.wrap(body));
    return new Running(() -> context.cancel(null), () -> ended(future));
  }

  private static int blocking(MethodType type, Channel channel, String order) {
    if (type == MethodType.UNARY) {
      return ClientCalls.blockingUnaryCall(channel, Shop.method(type), CallOptions.DEFAULT, order)
          .length();
    }
    Iterator<String> answers = ClientCalls.blockingServerStreamingCall(
        channel, Shop.method(type), CallOptions.DEFAULT, order);
    int number = 0;
    while (answers.hasNext()) {
      answers.next();
      number++;
    }
    return number;
  }

  /** Such a call does its work in the methods of its caller. One that cancels reads nothing more. */
  private static Running blockingV2(MethodType type, Channel channel, String order)
      throws Exception {
    MethodDescriptor<String, String> method = Shop.method(type);
    BlockingClientCall<String, String> call = switch (type) {
      case SERVER_STREAMING ->
        ClientCalls.blockingV2ServerStreamingCall(channel, method, CallOptions.DEFAULT, order);
      case CLIENT_STREAMING ->
        ClientCalls.blockingClientStreamingCall(channel, method, CallOptions.DEFAULT);
      default -> ClientCalls.blockingBidiStreamingCall(channel, method, CallOptions.DEFAULT);
    };
    if (type != MethodType.SERVER_STREAMING) {
      try {
        call.write(order);
      } catch (StatusException e) {
        assertThat(e.getStatus().isOk()).isFalse();
      }
      call.halfClose();
    } else if (order.equals("hang")) {
      assertThat(call.read(Shop.BOUND_SECONDS, TimeUnit.SECONDS)).isEqualTo("hang0");
    }
    return new Running(() -> call.cancel("enough", null), () -> {
      try {
        int number = 0;
        while (call.read(Shop.BOUND_SECONDS, TimeUnit.SECONDS) != null) {
          number++;
        }
        return number;
      } catch (StatusException e) {
        return e.getStatus();
      }
    });
  }

  private static Running async(MethodType type, Channel channel, End end) {
    Observer observer = new Observer(end == End.LISTENER);
    ClientCall<String, String> call = channel.newCall(Shop.method(type), CallOptions.DEFAULT);
    switch (type) {
      case UNARY -> ClientCalls.asyncUnaryCall(call, end.order, observer);
      case SERVER_STREAMING -> ClientCalls.asyncServerStreamingCall(call, end.order, observer);
      default -> {
        StreamObserver<String> requests = type == MethodType.CLIENT_STREAMING
            ? ClientCalls.asyncClientStreamingCall(call, observer)
            : ClientCalls.asyncBidiStreamingCall(call, observer);
        requests.onNext(end.order);
        requests.onCompleted();
      }
    }
    return new Running(
        () -> observer.requests.join().cancel("enough", null), () -> ended(observer.closed));
  }

  private static final class Observer implements ClientResponseObserver<String, String> {
    private final CompletableFuture<ClientCallStreamObserver<String>> requests =
        new CompletableFuture<>();
    private final CompletableFuture<String> closed = new CompletableFuture<>();
    private final boolean isBroken;

    Observer(boolean isBroken) {
      this.isBroken = isBroken;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<String> stream) {
      requests.complete(stream);
    }

    @Override
    public void onNext(String value) {
      if (isBroken) {
        throw new IllegalStateException("a defect of the caller");
      }
    }

    @Override
    public void onError(Throwable failure) {
      closed.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      closed.complete("ok");
    }
  }

  /** Sets a deadline of one hour, also for a call that has a nearer one. */
  private static final class OwnDeadline implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return next.newCall(method, options.withDeadlineAfter(1, TimeUnit.HOURS));
    }
  }

  @ParameterizedTest
  @MethodSource("io.aragora.resilience.grpc.ResilienceClientInterceptorTest#transportsAndTypes")
  void interceptorBelowSetsADeadline_rejectedAndExpiredCallsAreNotSent(
      Transport transport, MethodType type) {
    try (Shop shop = new Shop(transport)) {
      Channel channel = shop.channel(new OwnDeadline(), policies);
      CallOptions late = CallOptions.DEFAULT.withDeadline(Deadline.after(-1, TimeUnit.SECONDS));

      Status expired = Call.of(channel, type, "ok", late, new Metadata()).end();
      breakers.forKey(channel.authority() + "/shop.Prices/" + type).forceOpen();
      Status rejected = Call.of(channel, type, "ok").end();

      assertThat(expired.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(rejected.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(Call.of(shop.channel(), type, "ok").end().isOk()).isTrue();
      assertThat(shop.handled).as("the call without policies alone").hasSize(1);
      assertThat(limit.totals().admitted()).isZero();
    }
  }

  @Test
  void rejection_isReportedOnTheExecutorOfTheCall_inItsContext() {
    Context.Key<String> name = Context.key("name");
    CompletableFuture<String> seen = new CompletableFuture<>();
    List<Runnable> queue = new ArrayList<>();
    try (Shop shop = new Shop(Transport.IN_PROCESS)) {
      Channel channel = shop.channel(policies);
      breakers.forKey(channel.authority() + "/shop.Prices/UNARY").forceOpen();
      Context.current()
          .withValue(name, "call")
          .run(() -> channel
              .newCall(Shop.method(MethodType.UNARY), CallOptions.DEFAULT.withExecutor(queue::add))
              .start(
                  new ClientCall.Listener<>() {
                    @Override
                    public void onClose(Status status, Metadata trailers) {
                      seen.complete(name.get());
                    }
                  },
                  new Metadata()));
      assertThat(seen).isNotDone();

      queue.get(0).run();

      assertThat(seen).isCompletedWithValue("call");
      assertThat(queue).hasSize(1);
    }
  }

  /**
   * The timeout interrupts the stub, which cancels the call: a failure of the server all the same. Its time is moved by hand once the
   * server has the call, and the deadline that gRPC was given in case the timeout did not fire is replaced.
   */
  @Test
  void timeoutAround_isExceeded_endsTheCallItself_andIsCounted() throws Exception {
    ManualTime time = ManualTime.create();
    try (Shop shop = new Shop(Transport.NETTY);
        Resilience driven = Resilience.builder().name("around").timeSource(time).build()) {
      Channel channel = shop.channel(new OwnDeadline(), policies);
      Timeout timeout = driven.timeout("around", Duration.ofMillis(250));
      Future<?> call = threads.submit(() -> assertThatThrownBy(() -> timeout.run(
              () -> assertThatThrownBy(() -> blocking(MethodType.UNARY, channel, "hang"))
                  .isInstanceOf(StatusRuntimeException.class)
                  .extracting(e -> Status.fromThrowable(e).getCode())
                  .isEqualTo(Status.Code.CANCELLED)))
          .isInstanceOf(TimeoutExceededException.class));

      shop.nextHandled();
      time.advance(Duration.ofSeconds(1));
      call.get(Shop.BOUND_SECONDS, TimeUnit.SECONDS);

      Shop.await(() -> limit.snapshot().inUse() == 0, "permits in use");
      assertThat(breakers.totals().failures()).isEqualTo(1);
      assertThat(limit.totals().drops()).isEqualTo(1);
    }
  }
}
