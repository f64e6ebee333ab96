package io.aragora.resilience.http.client;

import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Flow;

/**
 * A body that can be sent again. Bodies of bytes or text, and empty ones, are known to be repeatable; the application
 * declares others with this class. Immutable, and as thread-safe as the wrapped publisher.
 */
public final class ReplayableBody implements BodyPublisher {
  /** By class, since nothing else distinguishes a body of bytes from one that reads a stream once. */
  private static final Set<Class<?>> KNOWN = Set.of(
      ReplayableBody.class,
      BodyPublishers.noBody().getClass(),
      BodyPublishers.ofByteArray(new byte[0]).getClass(),
      BodyPublishers.ofString("").getClass());

  private final BodyPublisher publisher;

  private ReplayableBody(BodyPublisher publisher) {
    this.publisher = publisher;
  }

  /**
   * Declares that a body can be sent again.
   *
   * @param publisher sends the whole body to each subscriber, for example by opening its file again; two subscribers at a time,
   *     if the client hedges
   * @return the same body
   */
  public static ReplayableBody of(BodyPublisher publisher) {
    return new ReplayableBody(Objects.requireNonNull(publisher, "publisher"));
  }

  static boolean isReplayable(Optional<BodyPublisher> body) {
    return body.isEmpty() || KNOWN.contains(body.get().getClass());
  }

  @Override
  public long contentLength() {
    return publisher.contentLength();
  }

  @Override
  public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
    publisher.subscribe(subscriber);
  }
}
