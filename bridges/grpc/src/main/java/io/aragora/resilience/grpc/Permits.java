package io.aragora.resilience.grpc;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** The permits of one call. They are given back once, even if its end is reported several times and on several threads. Thread-safe. */
final class Permits {
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

  /** Returns the permits, with what the status says. The result is whether the call had not ended before. */
  boolean end(Status status, @Nullable Metadata trailers) {
    if (!hasEnded.compareAndSet(false, true)) {
      return false;
    }
    endOfBreaker(status, trailers);
    if (limit != null) {
      if (statuses.isOverload(status.getCode())) {
        limit.recordDrop(ofLimit);
      } else if (status.isOk() && isTimed) {
        limit.recordSuccess(ofLimit);
      } else {
        limit.releasePermit(ofLimit);
      }
    }
    return true;
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
    if (breaker != null) {
      breaker.releasePermit(ofBreaker);
    }
    if (limit != null) {
      limit.releasePermit(ofLimit);
    }
  }

  private long elapsed() {
    return Math.max(0, Deadline.getSystemTicker().nanoTime() - startedAt);
  }
}
