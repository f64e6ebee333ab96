package io.aragora.resilience.grpc;

import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.Priority;
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
 * <p>A call gives its place back once: when it is closed, cancelled, or its handler throws. A handler that blocks learns of a
 * cancellation, and gives the place back, when it returns. Nothing waits. Immutable and thread-safe.
 */
public final class ResilienceServerInterceptor implements ServerInterceptor {
  private static final long DEADLINE_TOLERANCE_MILLIS = 50;

  private final @Nullable ConcurrencyLimit limit;
  private final Metadata.@Nullable Key<String> priority;
  private final @Nullable KeyedRateLimiter limiter;
  private final BiFunction<? super ServerCall<?, ?>, ? super Metadata, String> peer;
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
      String key = peer.apply(call, headers);
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
    ConcurrencyLimit ofPriority = limit.withPriority(priority(headers));
    long permit = ofPriority.tryAcquirePermit();
    if (permit == ConcurrencyLimit.REJECTED) {
      return reject(call, Status.UNAVAILABLE, Rejections.of(ofPriority), pushbackMillis);
    }
    return admitted(ofPriority, permit, call, headers, next);
  }

  private <ReqT, RespT> ServerCall.Listener<ReqT> admitted(
      ConcurrencyLimit ofPriority,
      long permit,
      ServerCall<ReqT, RespT> call,
      Metadata headers,
      ServerCallHandler<ReqT, RespT> next) {
    Permits permits = new Permits(
        null,
        0,
        ofPriority,
        permit,
        statuses,
        call.getMethodDescriptor().getType() == MethodDescriptor.MethodType.UNARY);
    try {
      return new EndListener<>(
          next.startCall(
              new SimpleForwardingServerCall<>(call) {
                @Override
                public void close(Status status, Metadata trailers) {
                  permits.end(status, trailers);
                  super.close(status, trailers);
                }
              },
              headers),
          permits);
    } catch (Throwable e) {
      permits.end(Status.UNKNOWN, null);
      throw e;
    }
  }

  /**
   * A client whose deadline passed has waited too long: a sign of overload. One that left is none. The cancellation of such a client
   * arrives about when the deadline passes here.
   */
  static void cancelled(Permits permits, Context context) {
    Deadline deadline = context.getDeadline();
    if (deadline != null
        && deadline.timeRemaining(TimeUnit.MILLISECONDS) <= DEADLINE_TOLERANCE_MILLIS) {
      permits.end(Status.DEADLINE_EXCEEDED, null);
    } else {
      permits.release();
    }
  }

  private Priority priority(Metadata headers) {
    String value = priority == null ? null : headers.get(priority);
    if (value == null) {
      return Priority.NORMAL;
    }
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "critical" -> Priority.CRITICAL;
      case "sheddable" -> Priority.SHEDDABLE;
      default -> Priority.NORMAL;
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

  /** The address of the peer without its port; all calls within the process have one key. */
  private static String peerOf(ServerCall<?, ?> call, Metadata headers) {
    SocketAddress address = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    if (address instanceof InetSocketAddress inet && inet.getAddress() != null) {
      return inet.getAddress().getHostAddress();
    }
    return address == null ? "unknown" : address.getClass().getSimpleName();
  }

  /** Returns the place if the handler throws, or the call ends without a status of its own. */
  private static final class EndListener<ReqT> extends SimpleForwardingServerCallListener<ReqT> {
    private final Permits permits;

    EndListener(ServerCall.Listener<ReqT> listener, Permits permits) {
      super(listener);
      this.permits = permits;
    }

    @Override
    public void onMessage(ReqT message) {
      try {
        super.onMessage(message);
      } catch (Throwable e) {
        permits.end(Status.UNKNOWN, null);
        throw e;
      }
    }

    @Override
    public void onHalfClose() {
      try {
        super.onHalfClose();
      } catch (Throwable e) {
        permits.end(Status.UNKNOWN, null);
        throw e;
      }
    }

    @Override
    public void onReady() {
      try {
        super.onReady();
      } catch (Throwable e) {
        permits.end(Status.UNKNOWN, null);
        throw e;
      }
    }

    @Override
    public void onCancel() {
      cancelled(permits, Context.current());
      super.onCancel();
    }

    @Override
    public void onComplete() {
      permits.release();
      super.onComplete();
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
     * Sets the concurrency limit of all calls. A call never waits for a place. Durations of unary calls are samples,
     * those of streams are not. Default: none.
     *
     * @param concurrencyLimit the limit
     * @return this builder
     */
    public Builder concurrencyLimit(ConcurrencyLimit concurrencyLimit) {
      this.limit = Objects.requireNonNull(concurrencyLimit, "concurrencyLimit");
      return this;
    }

    /**
     * Sets the header that has the priority of a call: {@code critical}, {@code normal} or {@code sheddable}, in any case; any
     * other value is normal. Clients write it, so use it among clients that are trusted. Default: every call is normal.
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
     * @param key returns the key, not blank, of at most 10,000 characters
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
