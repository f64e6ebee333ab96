package io.aragora.resilience.http.client;

import io.aragora.resilience.internal.GuardedLog;
import java.net.http.HttpResponse;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The body of an unused response, which may hold a connection. */
final class LeftoverBody {
  private static final GuardedLog LOG = GuardedLog.of(LeftoverBody.class);

  /** Frees the connection of a response that no caller receives. */
  static final Consumer<@Nullable Object> CLOSER = answer -> letGo((HttpResponse<?>) answer);

  private LeftoverBody() {}

  /** Frees the connection that the body of a response holds: streams of bytes and lines, publishers. */
  static void letGo(@Nullable HttpResponse<?> answer) {
    try {
      Object body = answer == null ? null : answer.body();
      if (body instanceof HeldBody held) {
        held.discard();
      } else if (body instanceof AutoCloseable closeable) {
        closeable.close();
      } else if (body instanceof Flow.Publisher<?> publisher) {
        publisher.subscribe(new Uninterested());
      }
    } catch (Throwable e) {
      // The call has its own outcome, which a failure here must not change.
      LOG.log(System.Logger.Level.DEBUG, "the body of an unused response could not be closed", e);
    }
  }

  private static final class Uninterested implements Flow.Subscriber<Object> {
    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscription.cancel();
    }

    @Override
    public void onNext(Object item) {}

    @Override
    public void onError(Throwable throwable) {}

    @Override
    public void onComplete() {}
  }
}
