package io.aragora.resilience.grpc;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
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
      Deadline around = Deadline.after(
          Math.min(remaining.toMillis(), MAX_REMAINING_MILLIS), TimeUnit.MILLISECONDS);
      nearest = nearest == null ? around : nearest.minimum(around);
    }
    return nearest == null ? options : options.withDeadline(nearest);
  }

  /** Takes the permits of a call, from the outermost policy to the innermost. Those that it took go back if it is rejected. */
  private Permits admit(String key, MethodDescriptor<?, ?> method) throws Rejection {
    CircuitBreaker breaker = breakers == null ? null : breakers.forKey(key);
    long ofBreaker = breaker == null ? CircuitBreaker.REJECTED : acquire(breaker);
    boolean isAdmitted = false;
    try {
      if (limiter != null && !limiter.tryAcquire()) {
        throw new Rejection(Status.RESOURCE_EXHAUSTED, Rejections.of(limiter));
      }
      long ofLimit = limit == null ? ConcurrencyLimit.REJECTED : limit.tryAcquirePermit();
      if (limit != null && ofLimit == ConcurrencyLimit.REJECTED) {
        throw new Rejection(Status.UNAVAILABLE, Rejections.of(limit));
      }
      isAdmitted = true;
      return new Permits(
          breaker,
          ofBreaker,
          limit,
          ofLimit,
          statuses,
          method.getType() == MethodDescriptor.MethodType.UNARY);
    } finally {
      if (!isAdmitted && breaker != null) {
        breaker.releasePermit(ofBreaker);
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

    Rejection(Status status, RuntimeException cause) {
      super(cause.getMessage(), cause, false, false);
      this.status = status.withDescription(cause.getMessage()).withCause(cause);
    }
  }

  /** A call that takes its permits when it starts. The call below is created with the first use, like that of a delayed call. */
  private final class ProtectedCall<ReqT, RespT> extends ForwardingClientCall<ReqT, RespT> {
    private final MethodDescriptor<ReqT, RespT> method;
    private final CallOptions options;
    private final Channel next;
    private final Context context = Context.current();
    private volatile boolean isCancelled;
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

    private synchronized ClientCall<ReqT, RespT> create() {
      ClientCall<ReqT, RespT> present = call;
      if (present == null) {
        present = next.newCall(method, options);
        call = present;
      }
      return present;
    }

    @Override
    public void start(Listener<RespT> listener, Metadata headers) {
      if (isCancelled || isExpired()) {
        delegate().start(listener, headers); // gRPC ends it, and nothing is sent
        return;
      }
      Permits permits;
      try {
        permits = admit(key(), method);
      } catch (Rejection e) {
        reject(e.status, listener, headers);
        return;
      }
      try {
        delegate().start(new EndListener<>(listener, this, permits), headers);
      } catch (Throwable e) {
        permits.release();
        throw e;
      }
    }

    /** gRPC ends a call whose deadline has passed without sending anything, on the thread that the call's listener expects. */
    private void reject(Status status, Listener<RespT> listener, Metadata headers) {
      ClientCall<ReqT, RespT> ended =
          next.newCall(method, options.withDeadlineAfter(-1, TimeUnit.SECONDS));
      synchronized (this) {
        call = ended;
      }
      ended.start(
          new SimpleForwardingClientCallListener<>(listener) {
            @Override
            public void onClose(Status unused, Metadata trailers) {
              super.onClose(status, new Metadata());
            }
          },
          headers);
    }

    private boolean isExpired() {
      Deadline own = options.getDeadline();
      Deadline around = context.getDeadline();
      return (own != null && own.isExpired()) || (around != null && around.isExpired());
    }

    private String key() {
      String authority = options.getAuthority() != null ? options.getAuthority() : next.authority();
      return authority + "/" + method.getFullMethodName();
    }

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {
      isCancelled = true;
      super.cancel(message, cause);
    }

    boolean isCancelledByCaller() {
      return isCancelled || context.isCancelled();
    }

    private void end(Permits permits, Status status, Metadata trailers) {
      if (status.getCode() == Status.Code.CANCELLED && isCancelledByCaller()) {
        permits.release();
        return;
      }
      if (permits.end(status, trailers) && !status.isOk()) {
        observe(trailers);
      }
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
     * Sets the concurrency limit of all calls. A call never waits for a place. Durations of unary calls are samples,
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
