package io.aragora.resilience.http.client;

import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * The body of a response that the caller may not get, because another attempt follows, or a hedge runs beside it. It is held
 * until that is decided: then it is discarded, or passed to the caller's own subscriber. A short body is read to its end, which
 * frees the connection; of a longer one no more is requested until then.
 */
final class HeldBody implements BodySubscriber<HeldBody> {
  static final int MOST_KEPT = 1 << 16;

  /** Bounds what tiny or empty parts cost, which a server may send without end: flow control counts no empty one. */
  static final int MOST_PARTS = 1 << 11;

  private final ResponseInfo info;
  private final boolean readsAhead;
  private final CompletableFuture<HeldBody> held = new CompletableFuture<>();

  // Guarded by this; signals are passed on without the lock.
  private final List<ByteBuffer> kept = new ArrayList<>();
  private long keptBytes;
  private int parts;
  private Flow.@Nullable Subscription upstream;
  private Flow.@Nullable Subscriber<? super List<ByteBuffer>> downstream;
  private boolean isEnded;
  private @Nullable Throwable failure;
  private boolean isHandingOver;
  private boolean isHandedOver;
  private long askedMeanwhile;

  /**
   * Creates a body.
   *
   * @param info the status and the headers
   * @param readsAhead whether a body of unknown length is read ahead. One that may stream for long is not: it waits for its
   *     subscriber as soon as it begins
   */
  HeldBody(ResponseInfo info, boolean readsAhead) {
    this.info = info;
    this.readsAhead = readsAhead || isShort(info);
  }

  private static boolean isShort(ResponseInfo info) {
    try {
      long length = info.headers().firstValueAsLong("Content-Length").orElse(Long.MAX_VALUE);
      return length <= MOST_KEPT;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  ResponseInfo info() {
    return info;
  }

  @Override
  public CompletionStage<HeldBody> getBody() {
    return held;
  }

  // ---- from the client

  @Override
  public void onSubscribe(Flow.Subscription subscription) {
    synchronized (this) {
      upstream = subscription;
    }
    if (readsAhead) {
      subscription.request(1);
    } else {
      held.complete(this);
    }
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    Flow.Subscriber<? super List<ByteBuffer>> receiver;
    boolean isFull;
    synchronized (this) {
      receiver = isHandedOver ? downstream : null;
      if (receiver == null) {
        parts++;
        for (ByteBuffer buffer : buffers) {
          if (buffer.hasRemaining()) {
            kept.add(buffer);
            keptBytes += buffer.remaining();
          }
        }
      }
      isFull = keptBytes > MOST_KEPT || parts > MOST_PARTS;
    }
    if (receiver != null) {
      receiver.onNext(buffers);
    } else if (isFull) {
      held.complete(this);
    } else {
      ask(1);
    }
  }

  @Override
  public void onError(Throwable throwable) {
    if (end(throwable)) {
      tellEnd();
    }
    held.completeExceptionally(throwable);
  }

  @Override
  public void onComplete() {
    if (end(null)) {
      tellEnd();
    }
    held.complete(this);
  }

  /** Whether the receiver gets signals at once, and not after the held part. */
  private synchronized boolean end(@Nullable Throwable throwable) {
    isEnded = true;
    failure = throwable;
    return isHandedOver;
  }

  // ---- the decision

  /** Frees the connection; closes it if the body is long. */
  void discard() {
    Flow.Subscription subscription;
    synchronized (this) {
      subscription = isEnded ? null : upstream;
      kept.clear();
    }
    if (subscription != null) {
      subscription.cancel();
    }
  }

  /** Passes the whole body on, the held part first. At most once, after {@link #getBody} is complete. */
  void giveTo(Flow.Subscriber<? super List<ByteBuffer>> receiver) {
    synchronized (this) {
      downstream = receiver;
    }
    receiver.onSubscribe(new Flow.Subscription() {
      @Override
      public void request(long count) {
        if (count <= 0) {
          discard();
          receiver.onError(new IllegalArgumentException("request must be positive: " + count));
        } else {
          handOver(count);
        }
      }

      @Override
      public void cancel() {
        discard();
      }
    });
    if (isEmptyAndEnded()) {
      handOver(0);
    }
  }

  private synchronized boolean isEmptyAndEnded() {
    return isEnded && kept.isEmpty();
  }

  /**
   * Passes the held part to the subscriber at its first request. The subscriber may request more meanwhile, from within or
   * from another thread; that reaches the client only afterwards, so that no signals overlap.
   */
  private void handOver(long count) {
    List<ByteBuffer> first;
    synchronized (this) {
      if (isHandedOver) {
        first = null;
      } else if (isHandingOver) {
        askedMeanwhile = plus(askedMeanwhile, count);
        return;
      } else {
        isHandingOver = true;
        first = List.copyOf(kept);
        kept.clear();
      }
    }
    if (first == null) {
      ask(count);
      return;
    }
    if (!first.isEmpty()) {
      downstream().onNext(first);
    }
    long wanted;
    boolean ended;
    synchronized (this) {
      isHandedOver = true;
      ended = isEnded;
      wanted = plus(first.isEmpty() ? count : count - 1, askedMeanwhile);
    }
    if (ended) {
      tellEnd();
    } else {
      ask(wanted);
    }
  }

  private static long plus(long a, long b) {
    long sum = a + b;
    return sum < 0 ? Long.MAX_VALUE : sum;
  }

  private void ask(long count) {
    Flow.Subscription subscription;
    synchronized (this) {
      subscription = upstream;
    }
    if (subscription != null && count > 0) {
      subscription.request(count);
    }
  }

  /** Called only after a subscriber exists. */
  private synchronized Flow.Subscriber<? super List<ByteBuffer>> downstream() {
    return Objects.requireNonNull(downstream);
  }

  private synchronized @Nullable Throwable failure() {
    return failure;
  }

  private void tellEnd() {
    Throwable thrown = failure();
    if (thrown == null) {
      downstream().onComplete();
    } else {
      downstream().onError(thrown);
    }
  }
}
