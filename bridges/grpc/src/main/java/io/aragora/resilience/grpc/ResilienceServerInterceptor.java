package io.aragora.resilience.grpc;

import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.Priority;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.policy.CallRejectedException;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.RateLimitExceededException;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Protects a gRPC server from more calls than it can serve: a concurrency limit, with priorities from the metadata of a call, and a rate
 * limiter for each peer. A rejected call fails with {@code UNAVAILABLE} (concurrency limit) or {@code RESOURCE_EXHAUSTED} (rate
 * limiter) and the trailer {@code grpc-retry-pushback-ms}, which tells a client that retries when to do so. Its handler does not run.
 *
 * <pre>{@code
 * ServerInterceptor policies = ResilienceServerInterceptor.builder()
 *     .concurrencyLimit(resilience.concurrencyLimit("server"))
 *     .priorityFrom("x-priority")
 *     .build();
 * }</pre>
 *
 * <p>A call returns its permit once: when it is closed, cancelled, or its handler throws. A handler that blocks learns of a
 * cancellation, and returns the permit, when it ends. Nothing waits. Immutable and thread-safe.
 */
public final class ResilienceServerInterceptor implements ServerInterceptor {
  private static final GuardedLog LOG = GuardedLog.of(ResilienceServerInterceptor.class);

  /** The key of all calls whose peer is not known. */
  private static final String UNKNOWN = "unknown";

  private static final int LONGEST_KEY = 10_000;
  private static final long MAX_TOLERANCE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final @Nullable ConcurrencyLimit limit;
  private final Metadata.@Nullable Key<String> priority;
  private final @Nullable KeyedRateLimiter limiter;
  private final BiFunction<? super ServerCall<?, ?>, ? super Metadata, String> peer;
  private final AtomicBoolean hasLoggedPeer = new AtomicBoolean();
  private final long pushbackMillis;
  private final StatusTable statuses;

  private ResilienceServerInterceptor(Builder builder) {
    this.limit = builder.limit;
    this.priority = builder.priority;
    this.limiter = builder.limiter;
    this.peer = builder.peer;
    this.pushbackMillis = builder.pushbackMillis;
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
  public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
      ServerCall<ReqT, RespT> call, Metadata headers, ServerCallHandler<ReqT, RespT> next) {
    if (limiter != null) {
      String key = keyOf(call, headers);
      if (!limiter.tryAcquire(key)) {
        RateLimitExceededException cause = Rejections.of(limiter, key);
        return reject(
            call,
            Status.RESOURCE_EXHAUSTED,
            cause,
            Math.max(1, cause.retryAfter().toMillis()));
      }
    }
    if (limit == null) {
      return next.startCall(call, headers);
    }
    ConcurrencyLimit ofPriority = priority == null
        ? limit
        : limit.withPriority(priority(headers.get(priority), limit.priority()));
    long permit = ofPriority.tryAcquirePermit();
    if (permit == ConcurrencyLimit.REJECTED) {
      return reject(call, Status.UNAVAILABLE, Rejections.of(ofPriority), pushbackMillis);
    }
    Permits permits;
    try {
      permits = new Permits(
          null,
          0,
          ofPriority,
          permit,
          statuses,
          call.getMethodDescriptor().getType() == MethodDescriptor.MethodType.UNARY);
    } catch (Throwable e) {
      ofPriority.releasePermit(permit);
      throw e;
    }
    return admitted(permits, call, headers, next);
  }

  private <ReqT, RespT> ServerCall.Listener<ReqT> admitted(
      Permits permits,
      ServerCall<ReqT, RespT> call,
      Metadata headers,
      ServerCallHandler<ReqT, RespT> next) {
    Context context = Context.current();
    EndListener<ReqT> listener;
    try {
      long toleranceNanos = tolerance(context.getDeadline());
      listener = new EndListener<>(
          next.startCall(
              new SimpleForwardingServerCall<>(call) {
                @Override
                public void close(Status status, Metadata trailers) {
                  permits.end(status, trailers);
                  super.close(status, trailers);
                }
              },
              headers),
          permits,
          context,
          toleranceNanos);
      context.addListener(listener, Runnable::run);
    } catch (Throwable e) {
      permits.end(Status.UNKNOWN, null);
      throw e;
    }
    return listener;
  }

  /** Returns a tenth of the time that a call had when it was admitted, at most 50 ms. */
  static long tolerance(@Nullable Deadline deadline) {
    return deadline == null
        ? 0
        : Math.max(
            0, Math.min(MAX_TOLERANCE_NANOS, deadline.timeRemaining(TimeUnit.NANOSECONDS) / 10));
  }

  /**
   * A client whose deadline passed has waited too long: a sign of overload. One that left is none. The cancellation of such a client
   * arrives about when the deadline passes here.
   */
  static void cancelled(Permits permits, @Nullable Deadline deadline, long toleranceNanos) {
    if (deadline != null && deadline.timeRemaining(TimeUnit.NANOSECONDS) <= toleranceNanos) {
      permits.end(Status.DEADLINE_EXCEEDED, null);
    } else {
      permits.release();
    }
  }

  private static Priority priority(@Nullable String value, Priority byDefault) {
    return switch (value == null ? "" : value.toLowerCase(Locale.ROOT)) {
      case "critical" -> Priority.CRITICAL;
      case "normal" -> Priority.NORMAL;
      case "sheddable" -> Priority.SHEDDABLE;
      default -> byDefault;
    };
  }

  private static <ReqT, RespT> ServerCall.Listener<ReqT> reject(
      ServerCall<ReqT, RespT> call,
      Status status,
      CallRejectedException cause,
      long pushbackMillis) {
    Metadata trailers = new Metadata();
    trailers.put(ServerPushback.PUSHBACK, Long.toString(pushbackMillis));
    call.close(status.withDescription(cause.getMessage()).withCause(cause), trailers);
    return new ServerCall.Listener<>() {};
  }

  /** Calls whose peer the function does not say, since it fails for instance, share one key and are served. */
  private String keyOf(ServerCall<?, ?> call, Metadata headers) {
    String key = null;
    try {
      key = peer.apply(call, headers);
    } catch (Throwable e) {
      if (hasLoggedPeer.compareAndSet(false, true)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "the peer of a call could not be found; such calls share the key '" + UNKNOWN
                + "' (logged once)",
            e);
      }
    }
    return key == null || key.isBlank() || key.length() > LONGEST_KEY ? UNKNOWN : key;
  }

  /** The address of the peer without its port; all calls within the process have one key. */
  private static String peerOf(ServerCall<?, ?> call, Metadata headers) {
    SocketAddress address = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    if (address instanceof InetSocketAddress inet && inet.getAddress() != null) {
      return inet.getAddress().getHostAddress();
    }
    return address == null ? UNKNOWN : address.getClass().getSimpleName();
  }

  /**
   * The permit goes back if the handler throws, or if the call ends without a status of its own. If an interceptor around this one
   * fails the call when it starts, no callback comes: then the end of the context is the end of the call. After the first
   * callback the context decides nothing, so a handler that blocks holds its permit.
   */
  private static final class EndListener<ReqT> extends SimpleForwardingServerCallListener<ReqT>
      implements Context.CancellationListener {
    private final Permits permits;
    private final Context context;
    private final long toleranceNanos;
    private volatile boolean isReached;

    EndListener(
        ServerCall.Listener<ReqT> listener, Permits permits, Context context, long toleranceNanos) {
      super(listener);
      this.permits = permits;
      this.context = context;
      this.toleranceNanos = toleranceNanos;
    }

    @Override
    public void onMessage(ReqT message) {
      guarded(() -> super.onMessage(message));
    }

    @Override
    public void onHalfClose() {
      guarded(super::onHalfClose);
    }

    @Override
    public void onReady() {
      guarded(super::onReady);
    }

    private void guarded(Runnable callback) {
      reached();
      try {
        callback.run();
      } catch (Throwable e) {
        permits.end(Status.UNKNOWN, null);
        throw e;
      }
    }

    @Override
    public void onCancel() {
      reached();
      ResilienceServerInterceptor.cancelled(permits, context.getDeadline(), toleranceNanos);
      super.onCancel();
    }

    @Override
    public void onComplete() {
      reached();
      permits.release();
      super.onComplete();
    }

    private void reached() {
      if (!isReached) {
        isReached = true;
        context.removeListener(this);
      }
    }

    @Override
    public void cancelled(Context unused) {
      if (!isReached) {
        ResilienceServerInterceptor.cancelled(permits, context.getDeadline(), toleranceNanos);
      }
    }
  }

  /** Builds the interceptor. Every policy is optional. Not thread-safe. */
  public static final class Builder {
    private @Nullable ConcurrencyLimit limit;
    private Metadata.@Nullable Key<String> priority;
    private @Nullable KeyedRateLimiter limiter;
    private BiFunction<? super ServerCall<?, ?>, ? super Metadata, String> peer =
        ResilienceServerInterceptor::peerOf;
    private long pushbackMillis = 100;
    private StatusTable statuses = StatusTable.defaults();

    private Builder() {}

    /**
     * Sets the concurrency limit of all calls. A call never waits for a permit. Durations of unary calls are samples,
     * those of streams are not. Default: none.
     *
     * @param concurrencyLimit the limit; its priority is that of calls whose headers have none
     * @return this builder
     */
    public Builder concurrencyLimit(ConcurrencyLimit concurrencyLimit) {
      this.limit = Objects.requireNonNull(concurrencyLimit, "concurrencyLimit");
      return this;
    }

    /**
     * Sets the header that has the priority of a call: {@code critical}, {@code normal} or {@code sheddable}, in any case. A call
     * with no or any other value has the priority of the limit. Clients write it, so use it among clients that are trusted. Default:
     * every call has the priority of the limit.
     *
     * @param header the name of a header with text
     * @return this builder
     * @throws IllegalArgumentException if {@code header} is no valid name, or ends with {@code -bin}
     */
    public Builder priorityFrom(String header) {
      this.priority = Metadata.Key.of(header, Metadata.ASCII_STRING_MARSHALLER);
      return this;
    }

    /**
     * Sets the rate limiter of each peer. A call takes one permit and never waits for it. Default: none.
     *
     * @param rateLimiter the limiter, which bounds the number of keys
     * @return this builder
     */
    public Builder rateLimiter(KeyedRateLimiter rateLimiter) {
      this.limiter = Objects.requireNonNull(rateLimiter, "rateLimiter");
      return this;
    }

    /**
     * Sets who the peer of a call is. Default: its address without the port, which is that of a proxy if there is one.
     *
     * @param key returns the key, not blank, of at most 10,000 characters. Calls for which it returns anything else, or fails, share
     *     the key {@code unknown}
     * @return this builder
     */
    public Builder peer(BiFunction<? super ServerCall<?, ?>, ? super Metadata, String> key) {
      this.peer = Objects.requireNonNull(key, "peer");
      return this;
    }

    /**
     * Sets when a client that retries may do so after a rejection by the concurrency limit. Default 100 ms. A rate limiter
     * says so itself.
     *
     * @param delay 0 to 1 h
     * @return this builder
     * @throws IllegalArgumentException if {@code delay} is negative or exceeds 1 h
     */
    public Builder pushback(Duration delay) {
      if (delay.isNegative() || delay.compareTo(Duration.ofHours(1)) > 0) {
        throw new IllegalArgumentException("pushback must be in [0, PT1H]: " + delay);
      }
      this.pushbackMillis = delay.toMillis();
      return this;
    }

    /**
     * Sets which statuses of the handlers are signs of overload. Default {@link StatusTable#defaults()}.
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
     * @return for any number of servers
     */
    public ResilienceServerInterceptor build() {
      return new ResilienceServerInterceptor(this);
    }
  }
}
