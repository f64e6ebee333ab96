package io.aragora.resilience.simulation;

import java.nio.ByteBuffer;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Flow;

/** The body of an answer on its way, as far as its subscriber requests it. It ends when all is there, or by a cancellation. */
final class Transfer implements Flow.Subscription {
  private final Answer answer;
  private final Deque<ByteBuffer> parts;
  private final Flow.Subscriber<? super List<ByteBuffer>> subscriber;
  private long wanted;
  private boolean sends;
  private boolean over;

  Transfer(Answer answer, Flow.Subscriber<? super List<ByteBuffer>> subscriber) {
    this.answer = answer;
    this.parts = answer.body();
    this.subscriber = subscriber;
  }

  /** Whether its connection is free again. */
  boolean isOver() {
    return over;
  }

  @Override
  public void request(long count) {
    wanted = wanted + count < 0 ? Long.MAX_VALUE : wanted + count;
    if (!sends) {
      sends = true;
      send();
      sends = false;
    }
  }

  private void send() {
    while (!over && wanted > 0 && !parts.isEmpty()) {
      wanted--;
      subscriber.onNext(List.of(parts.remove()));
    }
    if (!over && parts.isEmpty()) {
      over = true;
      subscriber.onComplete();
    }
  }

  @Override
  public void cancel() {
    over = true;
  }

  @Override
  public String toString() {
    return "the body of answer " + answer.number() + ", status " + answer.statusCode() + ", "
        + parts.size() + " parts of " + answer.parts() + " are not read";
  }
}
