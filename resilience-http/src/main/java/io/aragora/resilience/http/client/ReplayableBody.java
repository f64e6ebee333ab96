package io.aragora.resilience.http.client;

import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Flow;

/**
 * A body that can be sent again. Bodies of bytes and text, and no body, are known to be such; of others somebody has to say
 * it. Immutable, and as thread-safe as the publisher inside.
 */
public final class ReplayableBody implements BodyPublisher {
  /** By class, since nothing else tells a body of bytes from one that reads a stream once. */
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
   * Says that a body can be sent again.
   *
   * @param publisher gives the whole body to each of its subscribers, as one that opens its file anew does
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
