package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerCall;
import io.aragora.resilience.circuitbreaker.CircuitBreakerCall.Kind;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.policy.Subscription;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/** Delivers the outcomes of single calls of the kinds that were subscribed to. Created by the first subscription. */
final class CallEvents {
  private final EventChannel<CircuitBreakerCall> channel;

  /** The kinds of each subscription; changed under the lock of this. */
  private final List<Set<Kind>> subscribed = new ArrayList<>();

  /** The union of them: a new set with each change. */
  private volatile Set<Kind> heard = EnumSet.noneOf(Kind.class);

  CallEvents(String breaker, Dispatcher dispatcher) {
    this.channel = new EventChannel<>(breaker, dispatcher);
  }

  boolean isHeard(Kind kind) {
    return heard.contains(kind);
  }

  void publish(CircuitBreakerCall call) {
    channel.publish(call);
  }

  Subscription subscribe(Set<Kind> kinds, Consumer<? super CircuitBreakerCall> listener) {
    Objects.requireNonNull(listener, "listener");
    if (kinds.isEmpty()) {
      throw new IllegalArgumentException("kinds must name at least one: " + kinds);
    }
    // A view of its own, so that two equal subscriptions are two.
    Set<Kind> wanted = EnumSet.copyOf(kinds);
    Subscription subscription = channel.subscribe(call -> {
      if (wanted.contains(call.kind())) {
        listener.accept(call);
      }
    });
    change(() -> subscribed.add(wanted));
    return () -> {
      change(() -> subscribed.removeIf(kindsOf -> kindsOf == wanted));
      subscription.close();
    };
  }

  private synchronized void change(Runnable change) {
    change.run();
    Set<Kind> union = EnumSet.noneOf(Kind.class);
    subscribed.forEach(union::addAll);
    heard = union;
  }
}
