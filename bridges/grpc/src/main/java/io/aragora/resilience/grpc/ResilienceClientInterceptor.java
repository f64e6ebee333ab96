package io.aragora.resilience.grpc;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.CallRejectedException;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Deadline;
import io.grpc.ForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Puts policies around the calls of a gRPC client: a circuit breaker for each target and method, a rate limiter, a concurrency limit, and a
 * deadline for calls that have none. A rejected call fails with {@code UNAVAILABLE} (breaker, concurrency limit) or {@code
 * RESOURCE_EXHAUSTED} (rate limiter), whose cause is the exception of the policy, and sends nothing.
 *
 * <pre>{@code
 * ClientInterceptor policies = ResilienceClientInterceptor.builder()
 *     .circuitBreaker(resilience.keyedCircuitBreaker("prices", c -> {}))
 *     .build();
 * Channel channel = ClientInterceptors.intercept(managedChannel, policies);
 * }</pre>
 *
 * <p>A call takes its permits when it starts and holds them until it is closed: a stream until its end. Nothing waits and no thread is
 * blocked. Messages and flow control pass untouched. Retries and hedging are those of gRPC, below this interceptor: a call that gRPC
 * retries is one call here. Immutable and thread-safe.
 */
public final class ResilienceClientInterceptor implements ClientInterceptor {
  /** A hundred years, as gRPC bounds them. */
  private static final long MAX_REMAINING_MILLIS = TimeUnit.DAYS.toMillis(36_500);

  /** A timeout of this library ends the call first. The deadline of gRPC is 5 ms later, rounded up, in case it did not. */
  private static final long MARGIN_MILLIS = 6;

  /** Receives the cause of a rejection below a call, on behalf of that call. */
  private static final CallOptions.Key<Consumer<Throwable>> ON_REJECTION =
      CallOptions.Key.create("io.aragora.resilience.grpc.onRejection");

  private final @Nullable KeyedCircuitBreaker breakers;
  private final @Nullable RateLimiter limiter;
  private final @Nullable ConcurrencyLimit limit;
  private final long deadlineNanos;
  private final StatusTable statuses;

  private ResilienceClientInterceptor(Builder builder) {
    this.breakers = builder.breakers;
    this.limiter = builder.limiter;
    this.limit = builder.limit;
    this.deadlineNanos = builder.deadlineNanos;
    this.statuses = builder.statuses;
  }

  /**
   * Returns a builder.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
      MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
    return new ProtectedCall<>(method, withDeadline(options), next);
  }

  /** The nearest deadline holds: of the call, or of a policy of this library around it. That of a context gRPC knows itself. */
  private CallOptions withDeadline(CallOptions options) {
    Deadline own = options.getDeadline();
    Deadline nearest = own == null && deadlineNanos != 0
        ? Deadline.after(deadlineNanos, TimeUnit.NANOSECONDS)
        : own;
    Duration remaining = CallContext.current().remaining().orElse(null);
    if (remaining != null) {
      long millis = remaining.isZero()
          ? 0
          : Math.min(remaining.toMillis(), MAX_REMAINING_MILLIS) + MARGIN_MILLIS;
      Deadline around = Deadline.after(millis, TimeUnit.MILLISECONDS);
      nearest = nearest == null ? around : nearest.minimum(around);
    }
    return nearest == null ? options : options.withDeadline(nearest);
  }

  /** Takes the permits of a call, from the outermost policy to the innermost. Returns those already taken if a policy rejects the call. */
  private Permits admit(String key, MethodDescriptor<?, ?> method) throws Rejection {
    CircuitBreaker breaker = breakers == null ? null : breakers.forKey(key);
    long ofBreaker = breaker == null ? CircuitBreaker.REJECTED : acquire(breaker);
    long ofLimit = ConcurrencyLimit.REJECTED;
    Permits admitted = null;
    try {
      if (limiter != null && !limiter.tryAcquire()) {
        throw new Rejection(Status.RESOURCE_EXHAUSTED, Rejections.of(limiter));
      }
      ofLimit = limit == null ? ConcurrencyLimit.REJECTED : limit.tryAcquirePermit();
      if (limit != null && ofLimit == ConcurrencyLimit.REJECTED) {
        throw new Rejection(Status.UNAVAILABLE, Rejections.of(limit));
      }
      admitted = new Permits(
          breaker,
          ofBreaker,
          limit,
          ofLimit,
          statuses,
          method.getType() == MethodDescriptor.MethodType.UNARY);
      return admitted;
    } finally {
      if (admitted == null) {
        release(breaker, ofBreaker, limit, ofLimit);
      }
    }
  }

  private static void release(
      @Nullable CircuitBreaker breaker,
      long ofBreaker,
      @Nullable ConcurrencyLimit limit,
      long ofLimit) {
    try {
      if (breaker != null) {
        breaker.releasePermit(ofBreaker);
      }
    } finally {
      if (limit != null && ofLimit != ConcurrencyLimit.REJECTED) {
        limit.releasePermit(ofLimit);
      }
    }
  }

  /** The application may map the rejection of a breaker to any exception. */
  private static long acquire(CircuitBreaker breaker) throws Rejection {
    try {
      return breaker.acquirePermit();
    } catch (RuntimeException e) {
      throw new Rejection(Status.UNAVAILABLE, e);
    }
  }

  private void observe(Metadata trailers) {
    Duration pushback = limiter == null ? null : ServerPushback.of(trailers);
    if (limiter != null && pushback != null) {
      limiter.pauseFor(pushback);
    }
  }

  /** Why a call is not made. */
  private static final class Rejection extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Status status;
    private final transient RuntimeException reason;

    Rejection(Status status, RuntimeException cause) {
      super(cause.getMessage(), cause, false, false);
      this.status = status.withDescription(cause.getMessage()).withCause(cause);
      this.reason = cause;
    }
  }

  /**
   * A call that takes its permits when it starts. The call below is created with the first use, like that of a delayed call.
   *
   * <p>Three may end it. The caller: by {@link #cancel}, by its context, or by a listener that throws; the policies learn nothing, unless
   * a timeout of this library has passed. A policy, of this interceptor or of one below: they learn nothing. The dependency, or a
   * deadline: they learn what the status says.
   */
  private final class ProtectedCall<ReqT, RespT> extends ForwardingClientCall<ReqT, RespT>
      implements Context.CancellationListener {
    private final MethodDescriptor<ReqT, RespT> method;
    private final CallOptions options;
    private final Channel next;
    private final Context context = Context.current();
    private final CallContext around = CallContext.current();
    private volatile boolean hasCallerLeft;
    private volatile @Nullable Throwable rejection;
    private volatile @Nullable Permits permits;
    private volatile @Nullable ClientCall<ReqT, RespT> call;

    ProtectedCall(MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      this.method = method;
      this.options = options;
      this.next = next;
    }

    @Override
    protected ClientCall<ReqT, RespT> delegate() {
      ClientCall<ReqT, RespT> present = call;
      return present != null ? present : create();
    }

    /** Without the lock, since other interceptors run in here. Only a cancellation can come beside the thread that makes the call. */
    private ClientCall<ReqT, RespT> create() {
      ClientCall<ReqT, RespT> created =
          next.newCall(method, options.withOption(ON_REJECTION, this::rejected));
      ClientCall<ReqT, RespT> present;
      synchronized (this) {
        present = call;
        if (present == null) {
          call = created;
          return created;
        }
      }
      created.cancel("this call has begun on another thread", null);
      return present;
    }

    @Override
    public void start(Listener<RespT> listener, Metadata headers) {
      if (hasCallerLeft) {
        delegate().start(listener, headers); // a cancelled call, which gRPC does not start
        return;
      }
      Status unsent = endedBeforeStart();
      if (unsent != null) {
        closeUnsent(unsent, listener);
        return;
      }
      Permits taken;
      try {
        taken = admit(key(), method);
      } catch (Rejection e) {
        rejected(e.reason);
        closeUnsent(e.status, listener);
        return;
      }
      permits = taken;
      try {
        context.addListener(this, Runnable::run);
        delegate().start(new EndListener<>(listener, this, taken), headers);
      } catch (Throwable e) {
        context.removeListener(this);
        taken.release();
        throw e;
      }
    }

    private @Nullable Status endedBeforeStart() {
      if (context.isCancelled()) {
        return Contexts.statusFromCancelled(context);
      }
      Deadline own = options.getDeadline();
      Deadline ofContext = context.getDeadline();
      boolean isExpired =
          (own != null && own.isExpired()) || (ofContext != null && ofContext.isExpired());
      return isExpired
          ? Status.DEADLINE_EXCEEDED.withDescription("the deadline passed before the call started")
          : null;
    }

    /** Does not use the channel: an interceptor below may change deadlines, so a call that was passed on could be sent. */
    private void closeUnsent(Status status, Listener<RespT> listener) {
      synchronized (this) {
        call = new UnsentCall<>();
      }
      Runnable close = context.wrap(() -> listener.onClose(status, new Metadata()));
      Executor executor = options.getExecutor();
      if (executor == null) {
        close.run();
      } else {
        executor.execute(close);
      }
    }

    private String key() {
      String authority = options.getAuthority() != null ? options.getAuthority() : next.authority();
      return authority + "/" + method.getFullMethodName();
    }

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {
      hasCallerLeft = true;
      try {
        super.cancel(message, cause);
      } finally {
        endByCaller(); // a stub may never run the end of a call that it cancelled
      }
    }

    @Override
    public void cancelled(Context unused) {
      if (isContextCancelledByCaller()) {
        endByCaller();
      }
    }

    private boolean isContextCancelledByCaller() {
      return context.isCancelled() && !(context.cancellationCause() instanceof TimeoutException);
    }

    /** A policy rejected this call, or one below it. Each call above learns of it. */
    private void rejected(Throwable cause) {
      rejection = cause;
      Consumer<Throwable> above = options.getOption(ON_REJECTION);
      if (above != null) {
        above.accept(cause);
      }
    }

    private boolean isRejection(Status status) {
      Throwable cause = status.getCause();
      return cause != null && (cause == rejection || cause instanceof CallRejectedException);
    }

    private void endByCaller() {
      context.removeListener(this);
      Permits held = permits;
      if (held == null) {
        return;
      }
      if (around.remaining().map(Duration::isZero).orElse(false)) {
        held.end(Status.DEADLINE_EXCEEDED, null);
      } else {
        held.release();
      }
    }

    /** Decides who ended a call. */
    private void end(Permits held, Status status, Metadata trailers) {
      if (!status.isOk() && (hasCallerLeft || isContextCancelledByCaller())) {
        endByCaller();
        return;
      }
      context.removeListener(this);
      if (isRejection(status)) {
        held.release();
      } else if (held.end(status, trailers) && !status.isOk()) {
        observe(trailers);
      }
    }
  }

  /** Stands for a call that was closed and never sent. */
  private static final class UnsentCall<ReqT, RespT> extends ClientCall<ReqT, RespT> {
    @Override
    public void start(Listener<RespT> listener, Metadata headers) {}

    @Override
    public void request(int messages) {}

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {}

    @Override
    public void halfClose() {}

    @Override
    public void sendMessage(ReqT message) {}

    @Override
    public boolean isReady() {
      return false;
    }
  }

  private static final class EndListener<RespT> extends SimpleForwardingClientCallListener<RespT> {
    private final ProtectedCall<?, RespT> call;
    private final Permits permits;

    EndListener(
        ClientCall.Listener<RespT> listener, ProtectedCall<?, RespT> call, Permits permits) {
      super(listener);
      this.call = call;
      this.permits = permits;
    }

    @Override
    public void onHeaders(Metadata headers) {
      guarded(() -> super.onHeaders(headers));
    }

    @Override
    public void onMessage(RespT message) {
      guarded(() -> super.onMessage(message));
    }

    @Override
    public void onReady() {
      guarded(super::onReady);
    }

    /** gRPC cancels a call whose listener throws. That says nothing about the server. */
    private void guarded(Runnable callback) {
      try {
        callback.run();
      } catch (Throwable e) {
        call.hasCallerLeft = true;
        call.endByCaller();
        throw e;
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      // Before the caller sees the end, so that its next call finds the permit.
      try {
        call.end(permits, status, trailers);
      } finally {
        super.onClose(status, trailers);
      }
    }
  }

  /** Builds the interceptor. Every policy is optional. Not thread-safe. */
  public static final class Builder {
    private @Nullable KeyedCircuitBreaker breakers;
    private @Nullable RateLimiter limiter;
    private @Nullable ConcurrencyLimit limit;
    private long deadlineNanos;
    private StatusTable statuses = StatusTable.defaults();

    private Builder() {}

    /**
     * Sets the circuit breakers. A call has that of the key {@code authority/package.Service/Method}. Default: none.
     *
     * @param keyed the breakers, which bound the number of keys
     * @return this builder
     */
    public Builder circuitBreaker(KeyedCircuitBreaker keyed) {
      this.breakers = Objects.requireNonNull(keyed, "circuitBreaker");
      return this;
    }

    /**
     * Sets the rate limiter of all calls. A call takes one permit and never waits for it. If the server asks for a
     * delay, by {@code RetryInfo} or {@code grpc-retry-pushback-ms}, the limiter is paused. Default: none.
     *
     * @param rateLimiter the limiter
     * @return this builder
     */
    public Builder rateLimiter(RateLimiter rateLimiter) {
      this.limiter = Objects.requireNonNull(rateLimiter, "rateLimiter");
      return this;
    }

    /**
     * Sets the concurrency limit of all calls. A call never waits for a permit. Durations of unary calls are samples,
     * those of streams are not. Default: none.
     *
     * @param concurrencyLimit the limit; of a priority, if it comes from {@link ConcurrencyLimit#withPriority}
     * @return this builder
     */
    public Builder concurrencyLimit(ConcurrencyLimit concurrencyLimit) {
      this.limit = Objects.requireNonNull(concurrencyLimit, "concurrencyLimit");
      return this;
    }

    /**
     * Sets the deadline of calls that have none of their own. Default: none. In either case a call ends with the nearest deadline
     * around it, such as that of a timeout of this library.
     *
     * @param length positive, at most 106,751 days
     * @return this builder
     * @throws IllegalArgumentException if {@code length} is not positive or exceeds 106,751 days
     */
    public Builder deadline(Duration length) {
      if (length.isNegative() || length.isZero() || length.toDays() > 106_751) {
        throw new IllegalArgumentException(
            "deadline must be positive and at most 106,751 days: " + length);
      }
      this.deadlineNanos = TimeUnit.SECONDS.toNanos(length.getSeconds()) + length.getNano();
      return this;
    }

    /**
     * Sets what each status says about the server. Default {@link StatusTable#defaults()}.
     *
     * @param table the table
     * @return this builder
     */
    public Builder statuses(StatusTable table) {
      this.statuses = Objects.requireNonNull(table, "statuses");
      return this;
    }

    /**
     * Creates the interceptor.
     *
     * @return for any number of channels
     */
    public ResilienceClientInterceptor build() {
      return new ResilienceClientInterceptor(this);
    }
  }
}
