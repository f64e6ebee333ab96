package io.aragora.resilience.grpc;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.policy.Policy;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The permits of one call. They are given back once, even if its end is reported several times and on several threads. A policy that
 * fails to count the call is logged: it keeps neither the other policy's permit nor the end of the call. Thread-safe.
 */
final class Permits {
  private static final GuardedLog LOG = GuardedLog.of(Permits.class);

  private final @Nullable CircuitBreaker breaker;
  private final long ofBreaker;
  private final @Nullable ConcurrencyLimit limit;
  private final long ofLimit;
  private final StatusTable statuses;
  private final boolean isTimed;
  private final long startedAt;
  private final AtomicBoolean hasEnded = new AtomicBoolean();

  /**
   * Takes note of the permits of a call.
   *
   * @param isTimed whether its duration says something about the server: that of a stream does not
   */
  Permits(
      @Nullable CircuitBreaker breaker,
      long ofBreaker,
      @Nullable ConcurrencyLimit limit,
      long ofLimit,
      StatusTable statuses,
      boolean isTimed) {
    this.breaker = breaker;
    this.ofBreaker = ofBreaker;
    this.limit = limit;
    this.ofLimit = ofLimit;
    this.statuses = statuses;
    this.isTimed = isTimed;
    this.startedAt = Deadline.getSystemTicker().nanoTime();
  }

  /** Returns the permits, with the outcome that the status stands for. Returns false if the call had already ended. */
  boolean end(Status status, @Nullable Metadata trailers) {
    if (!hasEnded.compareAndSet(false, true)) {
      return false;
    }
    try {
      endOfBreaker(status, trailers);
    } catch (Throwable e) {
      notCounted(breaker, e);
    }
    try {
      endOfLimit(status);
    } catch (Throwable e) {
      notCounted(limit, e);
    }
    return true;
  }

  private static void notCounted(@Nullable Policy policy, Throwable failure) {
    LOG.failed(
        Level.ERROR,
        policy == null ? "a policy" : policy,
        "a call could not be counted; it ends as the server said",
        failure);
  }

  private void endOfLimit(Status status) {
    if (limit == null) {
      return;
    }
    if (statuses.isOverload(status.getCode())) {
      limit.recordDrop(ofLimit);
    } else if (status.isOk() && isTimed) {
      limit.recordSuccess(ofLimit);
    } else {
      limit.releasePermit(ofLimit);
    }
  }

  private void endOfBreaker(Status status, @Nullable Metadata trailers) {
    if (breaker == null) {
      return;
    }
    Status.Code code = status.getCode();
    if (statuses.isIgnored(code)) {
      breaker.releasePermit(ofBreaker);
    } else if (!statuses.isFailure(code)) {
      if (isTimed) {
        breaker.recordSuccess(ofBreaker, elapsed());
      } else {
        breaker.recordSuccess(ofBreaker);
      }
    } else if (isTimed) {
      breaker.recordFailure(ofBreaker, status.asRuntimeException(trailers), elapsed());
    } else {
      breaker.recordFailure(ofBreaker, status.asRuntimeException(trailers));
    }
  }

  /** Returns the permits; neither policy learns anything from the call. */
  void release() {
    if (!hasEnded.compareAndSet(false, true)) {
      return;
    }
    try {
      if (breaker != null) {
        breaker.releasePermit(ofBreaker);
      }
    } catch (Throwable e) {
      notCounted(breaker, e);
    }
    try {
      if (limit != null) {
        limit.releasePermit(ofLimit);
      }
    } catch (Throwable e) {
      notCounted(limit, e);
    }
  }

  private long elapsed() {
    return Math.max(0, Deadline.getSystemTicker().nanoTime() - startedAt);
  }
}
