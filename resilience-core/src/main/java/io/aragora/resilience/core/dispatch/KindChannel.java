package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.policy.Subscription;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Delivers events to the subscribers of their kinds. Thread-safe.
 *
 * @param <K> the kinds of events
 * @param <E> the type of event
 */
public final class KindChannel<K extends Enum<K>, E> {
  private final EventChannel<E> channel;
  private final Class<K> kinds;
  private final Function<? super E, K> kindOf;

  /** The kinds of each subscription; changed under the lock of this. */
  private final List<Set<K>> subscribed = new ArrayList<>();

  /** The union of them: a new set with each change. */
  private volatile Set<K> heard;

  /**
   * Creates a channel without subscribers.
   *
   * @param owner the name in the log if a listener fails or falls behind
   * @param dispatcher delivers the events
   * @param kinds the class of the kinds
   * @param kindOf returns the kind of an event
   */
  public KindChannel(
      String owner, Dispatcher dispatcher, Class<K> kinds, Function<? super E, K> kindOf) {
    this.channel = new EventChannel<>(owner, dispatcher);
    this.kinds = kinds;
    this.kindOf = kindOf;
    this.heard = EnumSet.noneOf(kinds);
  }

  /**
   * Returns whether a kind has a subscriber.
   *
   * @param kind the kind
   * @return whether an event of this kind must be created
   */
  public boolean isHeard(K kind) {
    return heard.contains(kind);
  }

  /**
   * Publishes an event.
   *
   * @param event the event
   */
  public void publish(E event) {
    channel.publish(event);
  }

  /**
   * Adds a subscriber.
   *
   * @param wanted the kinds that it receives
   * @param listener receives every event of these kinds published from now on
   * @return a subscription that removes the listener
   * @throws IllegalArgumentException if {@code wanted} is empty
   */
  public Subscription subscribe(Set<K> wanted, Consumer<? super E> listener) {
    Objects.requireNonNull(listener, "listener");
    if (wanted.isEmpty()) {
      throw new IllegalArgumentException("kinds must name at least one: " + wanted);
    }
    // A view of its own, so that two equal subscriptions are two.
    Set<K> own = EnumSet.copyOf(wanted);
    Subscription subscription = channel.subscribe(event -> {
      if (own.contains(kindOf.apply(event))) {
        listener.accept(event);
      }
    });
    change(() -> subscribed.add(own));
    return () -> {
      change(() -> subscribed.removeIf(each -> each == own));
      subscription.close();
    };
  }

  private synchronized void change(Runnable change) {
    change.run();
    Set<K> union = EnumSet.noneOf(kinds);
    subscribed.forEach(union::addAll);
    heard = union;
  }
}
