package io.aragora.resilience.http.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpClient.Version;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class HeldBodyTest {
  private static final ResponseInfo INFO = new ResponseInfo() {
    @Override
    public int statusCode() {
      return 503;
    }

    @Override
    public HttpHeaders headers() {
      return HttpHeaders.of(Map.of(), (n, v) -> true);
    }

    @Override
    public Version version() {
      return Version.HTTP_1_1;
    }
  };

  /** The connection: counts what it is asked for. */
  private static final class Upstream implements Flow.Subscription {
    long asked;
    boolean isCancelled;

    @Override
    public void request(long count) {
      asked += count;
    }

    @Override
    public void cancel() {
      isCancelled = true;
    }
  }

  /** The caller's own subscriber: requests a number of buffers at first, and one more with each that it receives. */
  private static final class Receiver implements Flow.Subscriber<List<ByteBuffer>> {
    final List<String> heard = new ArrayList<>();
    private final long first;
    private final long each;
    Flow.Subscription subscription;

    Receiver(long first, long each) {
      this.first = first;
      this.each = each;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      this.subscription = subscription;
      if (first > 0) {
        subscription.request(first);
      }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      StringBuilder text = new StringBuilder();
      buffers.forEach(buffer -> text.append(StandardCharsets.UTF_8.decode(buffer)));
      if (each > 0) {
        subscription.request(each);
      }
      heard.add(text.length() > 20 ? text.length() + " characters" : text.toString());
    }

    @Override
    public void onError(Throwable throwable) {
      heard.add(throwable.toString());
    }

    @Override
    public void onComplete() {
      heard.add("end");
    }
  }

  private final Upstream upstream = new Upstream();
  private final HeldBody body = new HeldBody(INFO, true);

  private static List<ByteBuffer> bytes(String text) {
    return List.of(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  private boolean isHeld() {
    return body.getBody().toCompletableFuture().isDone();
  }

  private void fill() {
    body.onSubscribe(upstream);
    body.onNext(bytes("x".repeat(HeldBody.MOST_KEPT)));
    assertThat(isHeld()).isFalse();
    body.onNext(bytes("y"));
    assertThat(isHeld()).isTrue();
  }

  @Test
  @DisplayName(
      "a short body is read to its end, which frees the connection, and passed on in one piece")
  void shortBody_isReadToItsEnd() {
    body.onSubscribe(upstream);
    body.onNext(bytes("a"));
    body.onNext(bytes("b"));
    assertThat(isHeld()).isFalse();
    body.onComplete();
    assertThat(isHeld()).isTrue();
    assertThat(upstream.asked).isEqualTo(3);
    Receiver receiver = new Receiver(Long.MAX_VALUE, 0);
    body.giveTo(receiver);
    assertThat(receiver.heard).containsExactly("ab", "end");
  }

  @Test
  @DisplayName("parts of a byte or less, which a server may send without end, are bounded")
  void tinyParts_withoutEnd_areNotReadAhead() {
    body.onSubscribe(upstream);
    int sent = 0;
    while (upstream.asked > sent) {
      sent++;
      body.onNext(sent % 2 == 0 ? List.of(ByteBuffer.allocate(0)) : List.of());
      assertThat(sent).isLessThan(HeldBody.MOST_KEPT);
    }

    assertThat(isHeld()).isTrue();
    Receiver receiver = new Receiver(1, 1);
    body.giveTo(receiver);
    assertThat(receiver.heard).as("nothing was kept").isEmpty();
    assertThat(upstream.asked).isEqualTo(sent + 1L);
    body.onNext(bytes("z"));
    body.onComplete();
    assertThat(receiver.heard).containsExactly("z", "end");
  }

  @Test
  @DisplayName("an empty body ends with or without a request")
  void emptyBody_ends_withOrWithoutARequest() {
    body.onSubscribe(upstream);
    body.onComplete();
    Receiver silent = new Receiver(0, 0);
    body.giveTo(silent);
    assertThat(silent.heard).containsExactly("end");
  }

  @Test
  @DisplayName("an empty body ends once after a request")
  void emptyBody_requested_endsOnce() {
    body.onSubscribe(upstream);
    body.onComplete();
    Receiver receiver = new Receiver(1, 1);
    body.giveTo(receiver);
    assertThat(receiver.heard).containsExactly("end");
  }

  @Test
  @DisplayName(
      "no more of a long body is requested until a subscriber does; then the held part comes"
          + " first")
  void longBody_isReadOnRequest() {
    fill();
    assertThat(upstream.asked).isEqualTo(2);
    Receiver receiver = new Receiver(1, 1);
    body.giveTo(receiver);
    assertThat(receiver.heard).containsExactly((HeldBody.MOST_KEPT + 1) + " characters");
    assertThat(upstream.asked).isEqualTo(3);
    body.onNext(bytes("z"));
    body.onComplete();
    assertThat(receiver.heard)
        .containsExactly((HeldBody.MOST_KEPT + 1) + " characters", "z", "end");
    assertThat(upstream.asked).isEqualTo(4);
  }

  @Test
  @DisplayName("a subscriber without bound receives everything")
  void subscriber_withoutBound_receivesEverything() {
    fill();
    Receiver receiver = new Receiver(Long.MAX_VALUE, Long.MAX_VALUE);
    body.giveTo(receiver);
    assertThat(upstream.asked).isEqualTo(2 + Long.MAX_VALUE);
  }

  @Test
  @DisplayName("an end that comes while a long body is held is signalled after the held part")
  void end_whileHeld_comesAfterTheHeldPart() {
    fill();
    body.onComplete();
    Receiver receiver = new Receiver(0, 0);
    body.giveTo(receiver);
    assertThat(receiver.heard).isEmpty();
    receiver.subscription.request(1);
    assertThat(receiver.heard).containsExactly((HeldBody.MOST_KEPT + 1) + " characters", "end");
  }

  @Test
  @DisplayName("a connection that breaks fails the attempt, and later the receiver")
  void connection_breaks_failsAttemptThenReceiver() {
    body.onSubscribe(upstream);
    body.onError(new IOException("reset"));
    assertThat(body.getBody().toCompletableFuture()).isCompletedExceptionally();
    HeldBody later = new HeldBody(INFO, true);
    later.onSubscribe(upstream);
    later.onNext(bytes("x".repeat(HeldBody.MOST_KEPT + 1)));
    Receiver receiver = new Receiver(1, 0);
    later.giveTo(receiver);
    later.onError(new IOException("reset"));
    assertThat(receiver.heard).last().isEqualTo("java.io.IOException: reset");
  }

  @Test
  @DisplayName("an unused long body closes its connection; a short one has none to close")
  void discarded_longBody_closesItsConnection() {
    fill();
    body.discard();
    assertThat(upstream.isCancelled).isTrue();
    Upstream other = new Upstream();
    HeldBody shortBody = new HeldBody(INFO, true);
    shortBody.onSubscribe(other);
    shortBody.onComplete();
    shortBody.discard();
    assertThat(other.isCancelled).isFalse();
  }

  @Test
  @DisplayName(
      "a receiver that cancels closes the connection; one that requests zero gets an error")
  void receiver_cancelsOrRequestsZero_ends() {
    fill();
    Receiver receiver = new Receiver(0, 0);
    body.giveTo(receiver);
    receiver.subscription.request(0);
    assertThat(receiver.heard)
        .containsExactly("java.lang.IllegalArgumentException: request must be positive: 0");
    assertThat(upstream.isCancelled).isTrue();
  }

  @Test
  @DisplayName("cancelling the subscription closes the connection")
  void subscription_cancelled_closesTheConnection() {
    fill();
    Receiver receiver = new Receiver(0, 0);
    body.giveTo(receiver);
    receiver.subscription.cancel();
    assertThat(upstream.isCancelled).isTrue();
  }
}
