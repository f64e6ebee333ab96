package io.aragora.resilience.core.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.core.persistence.RecordedLog;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.testing.ManualTime;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which events reach which listeners: those of a channel, and those of a channel by kinds. */
class EventChannelTest {
  private static final int CAPACITY = 1024;

  private enum Size {
    SMALL,
    LARGE
  }

  private final ManualTime time = ManualTime.create();
  private final Dispatcher dispatcher = new Dispatcher("r", time, null);
  private final EventChannel<Integer> channel = new EventChannel<>("b", dispatcher);
  private final List<Integer> seen = new ArrayList<>();

  private void publish(int from, int to) {
    IntStream.range(from, to).forEach(channel::publish);
  }

  @Test
  void publish_withoutAListener_isNotKept() {
    channel.publish(1);
    Subscription subscription = channel.subscribe(seen::add);
    time.runPending();
    assertThat(seen).isEmpty();
    channel.publish(2);
    time.runPending();
    assertThat(seen).containsExactly(2);

    subscription.close();
    assertThat(channel.isHeard()).isFalse();
    channel.publish(3);
    channel.subscribe(seen::add);
    time.runPending();
    assertThat(seen).containsExactly(2);
  }

  @Test
  void publish_listenersAreAsFarBehindAsThereIsRoom_dropsTheRest_andLogsOnce() {
    channel.subscribe(seen::add);
    try (RecordedLog log = RecordedLog.of(EventChannel.class)) {
      publish(0, CAPACITY);
      assertThat(log.messages()).isEmpty();
      publish(CAPACITY, CAPACITY + 5);
      assertThat(log.messages())
          .containsExactly(
              "WARNING listeners of 'b' are 1024 events behind; further events are dropped until they"
                  + " catch up. Make the listeners faster (logged once)");
      time.runPending();
      assertThat(seen)
          .containsExactlyElementsOf(IntStream.range(0, CAPACITY).boxed().toList());

      publish(CAPACITY + 5, 2 * CAPACITY + 10);
      time.runPending();
      assertThat(seen).hasSize(2 * CAPACITY).endsWith(2 * CAPACITY + 4);
      assertThat(log.messages()).hasSize(1);
    }
  }

  @Test
  void enqueue_isDeliveredByDeliver_andOnlyTheFirstOfABatchAsksForIt() {
    channel.subscribe(seen::add);
    assertThat(channel.enqueue(1)).isTrue();
    assertThat(channel.enqueue(2)).isFalse();
    time.runPending();
    assertThat(seen).isEmpty();
    channel.deliver();
    channel.deliver();
    time.runPending();
    assertThat(seen).containsExactly(1, 2);
    assertThat(channel.enqueue(3)).as("a batch of its own").isTrue();
  }

  @Test
  void listenerThatThrows_isLoggedOnce_andTheOthersReceiveEachEvent() {
    channel.subscribe(event -> {
      throw new IllegalStateException("listener");
    });
    channel.subscribe(seen::add);
    try (RecordedLog log = RecordedLog.of(Listeners.class)) {
      publish(0, 3);
      time.runPending();
      assertThat(seen).containsExactly(0, 1, 2);
      assertThat(log.messages())
          .containsExactly(
              "WARNING a listener of 'b' failed; other listeners are still called (logged once)");
    }
  }

  @Test
  void listenersOfAChannel_areCalledInTheirOrder_whicheverLeaves() {
    List<String> order = new ArrayList<>();
    List<Subscription> subscriptions = new ArrayList<>();
    for (String name : List.of("a", "b", "c", "d")) {
      subscriptions.add(channel.subscribe(event -> order.add(name + event)));
    }
    subscriptions.get(1).close();
    subscriptions.get(1).close();
    channel.publish(1);
    time.runPending();
    subscriptions.get(3).close();
    subscriptions.get(0).close();
    channel.publish(2);
    time.runPending();
    assertThat(order).containsExactly("a1", "c1", "d1", "c2");
    assertThatThrownBy(() -> channel.subscribe(null))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("listener");
  }

  private final KindChannel<Size, Integer> bySize =
      new KindChannel<>("b", dispatcher, Size.class, event -> event < 10 ? Size.SMALL : Size.LARGE);

  @Test
  void kinds_reachTheListenersThatWantThem_andAreHeardMeanwhile() {
    List<Integer> large = new ArrayList<>();
    assertThat(bySize.isHeard(Size.SMALL)).isFalse();
    Subscription all = bySize.subscribe(EnumSet.allOf(Size.class), seen::add);
    Subscription one = bySize.subscribe(EnumSet.of(Size.LARGE), large::add);
    bySize.publish(1);
    bySize.publish(10);
    time.runPending();
    assertThat(seen).containsExactly(1, 10);
    assertThat(large).containsExactly(10);

    all.close();
    assertThat(bySize.isHeard(Size.SMALL)).isFalse();
    assertThat(bySize.isHeard(Size.LARGE)).isTrue();
    bySize.publish(11);
    time.runPending();
    assertThat(seen).hasSize(2);
    assertThat(large).containsExactly(10, 11);
    one.close();
    assertThat(bySize.isHeard(Size.LARGE)).isFalse();
  }

  @Test
  void kinds_subscribedTwice_areHeardUntilBothEnd() {
    Subscription first = bySize.subscribe(EnumSet.of(Size.SMALL), seen::add);
    Subscription second = bySize.subscribe(EnumSet.of(Size.SMALL), seen::add);
    first.close();
    first.close();
    assertThat(bySize.isHeard(Size.SMALL)).isTrue();
    bySize.publish(1);
    time.runPending();
    assertThat(seen).containsExactly(1);
    second.close();
    assertThat(bySize.isHeard(Size.SMALL)).isFalse();
  }

  @Test
  void kinds_none_areAnError() {
    assertThatThrownBy(() -> bySize.subscribe(Set.of(), seen::add))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("kinds must name at least one: []");
    assertThatThrownBy(() -> bySize.subscribe(EnumSet.of(Size.SMALL), null))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("listener");
  }
}
