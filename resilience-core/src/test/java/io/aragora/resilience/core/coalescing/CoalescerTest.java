package io.aragora.resilience.core.coalescing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.coalescing.CoalescerEvent;
import io.aragora.resilience.coalescing.ResultCache;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Synchronous calls. */
class CoalescerTest extends CoalescerFixture {
  @Test
  @Tag("CA-01")
  @Tag("netpulse-69")
  void tenCallsOfOneKey_runOneBody_andAllHaveTheSameObject() throws Exception {
    Coalescer<String, String> prices = coalescer();
    Body body = new Body();
    List<Call> calls = new ArrayList<>(List.of(leader(prices, body)));
    Body other = new Body();
    for (int i = 1; i < 10; i++) {
      calls.add(joiner(prices, other, i));
    }
    assertThat(prices.flights()).isEqualTo(1);
    String result = new String("1.20");
    body.complete(result);
    for (Call call : calls) {
      assertThat(call.result()).isSameAs(result);
    }
    assertThat(other.hasBegun()).isFalse();
    assertThat(prices.totals().led()).isEqualTo(1);
    assertThat(prices.totals().joined()).isEqualTo(9);
    assertThat(prices.totals().calls()).isEqualTo(10);
    assertThat(prices.flights()).isZero();
  }

  @Test
  @Tag("CA-02")
  void differentKeys_shareNothing() throws Exception {
    Coalescer<String, String> prices = coalescer();
    Body body = new Body();
    Call apples = leader(prices, body);
    assertThat(prices.<RuntimeException>call("pears", () -> "pears")).isEqualTo("pears");
    body.complete("apples");
    assertThat(apples.result()).isEqualTo("apples");
    assertThat(prices.totals().led()).isEqualTo(2);
    assertThatThrownBy(() -> prices.call(null, () -> ""))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("key must not be null");
    assertThatThrownBy(() -> prices.callAsync(null, this::begin))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("key must not be null");
  }

  @Test
  @Tag("CA-03")
  void callAfterTheEnd_runsItsBodyAgain() {
    Coalescer<String, Integer> counts = resilience.coalescer("counts", CoalescerConfig.defaults());
    AtomicInteger runs = new AtomicInteger();
    for (int i = 1; i <= 3; i++) {
      assertThat(counts.<RuntimeException>call("k", runs::incrementAndGet)).isEqualTo(i);
    }
    assertThat(counts.totals().led()).isEqualTo(3);
  }

  @Test
  @Tag("CA-04")
  @Tag("rueidis-1014")
  void failure_reachesAllThatJoined_asTheSameObject() throws Exception {
    Coalescer<String, String> prices = coalescer();
    Body body = new Body();
    Call leader = leader(prices, body);
    Call first = joiner(prices, new Body(), 1);
    Call second = joiner(prices, new Body(), 2);
    IOException failure = new IOException("down");
    body.fail(failure);
    assertThat(leader.failure()).isSameAs(failure);
    assertThat(first.failure()).isSameAs(failure);
    assertThat(second.failure()).isSameAs(failure);
    assertThat(failure).hasNoSuppressedExceptions();
    assertThat(prices.<RuntimeException>call("apples", () -> "again")).isEqualTo("again");
  }

  @Test
  @Tag("CA-04")
  void failuresThatAreNotShared_letThoseThatJoinedLeadInTurn() throws Exception {
    Coalescer<String, String> prices = coalescer(c -> c.shareFailures(false));
    Body body = new Body();
    Body second = new Body();
    Body third = new Body();
    Call leader = leader(prices, body);
    Call b = joiner(prices, second, 1);
    Call c = joiner(prices, third, 2);
    Call d = joiner(prices, new Body(), 3);
    IOException failure = new IOException("down");
    body.fail(failure);
    assertThat(leader.failure()).isSameAs(failure);
    second.awaitEntered();
    assertThat(third.hasBegun()).isFalse();
    IOException other = new IOException("down, too");
    second.fail(other);
    assertThat(b.failure()).isSameAs(other);
    third.awaitEntered();
    third.complete("up");
    assertThat(c.result()).isEqualTo("up");
    assertThat(d.result()).isEqualTo("up");
    assertThat(prices.totals().handedOver()).isEqualTo(2);
    assertThat(prices.totals().led()).isEqualTo(1);
  }

  @Test
  @Tag("CA-05")
  @Tag("golang-41133")
  void error_reachesAllThatJoined_andTheKeyIsFree() throws Exception {
    Coalescer<String, String> prices = coalescer();
    Body body = new Body();
    Call leader = leader(prices, body);
    Call joiner = joiner(prices, new Body(), 1);
    Error failure = new AssertionError("bug");
    body.fail(failure);
    assertThat(leader.failure()).isSameAs(failure);
    assertThat(joiner.failure()).isSameAs(failure);
    assertThat(prices.flights()).isZero();
    assertThat(prices.<RuntimeException>call("apples", () -> "again")).isEqualTo("again");
  }

  @Test
  @Tag("CA-06")
  @Tag("fak-11924")
  void leaderThatIsInterrupted_handsOver_andTheOthersDoNotSeeIt() throws Exception {
    Coalescer<String, String> prices = coalescer();
    List<CoalescerEvent> events = new ArrayList<>();
    prices.subscribe(events::add);
    Body body = new Body();
    Body next = new Body();
    Call leader = leader(prices, body);
    Call first = joiner(prices, next, 1);
    Call second = joiner(prices, new Body(), 2);
    leader.thread.interrupt();
    assertThat(leader.failure()).isInstanceOf(InterruptedException.class);
    next.awaitEntered();
    assertThat(next.thread).isSameAs(first.thread);
    next.complete("1.20");
    assertThat(first.result()).isEqualTo("1.20");
    assertThat(second.result()).isEqualTo("1.20");
    assertThat(prices.totals().handedOver()).isEqualTo(1);
    time.runPending();
    assertThat(events).hasSize(1);
    assertThat(events.get(0).kind()).isEqualTo(CoalescerEvent.Kind.HANDED_OVER);
    assertThat(events.get(0).failure()).isInstanceOf(InterruptedException.class);
    assertThat(events.get(0))
        .hasToString(
            "CoalescerEvent[coalescer=prices, kind=HANDED_OVER, key=apples, age=PT0S, failure="
                + events.get(0).failure() + "]");
  }

  @Test
  @Tag("CA-06")
  void leaderWhoseTimeoutFires_handsOver() throws Exception {
    Coalescer<String, String> prices = coalescer();
    Timeout timeout = resilience.timeout("t", c -> c.limit(millis(100)));
    Body body = new Body();
    Call leader = new Call(() -> timeout.call(() -> prices.<Exception>call("apples", body::call)));
    body.awaitEntered();
    Body next = new Body();
    Call joiner = joiner(prices, next, 1);
    at(100);
    assertThat(leader.failure()).isInstanceOf(TimeoutExceededException.class);
    next.awaitEntered();
    next.complete("1.20");
    assertThat(joiner.result()).isEqualTo("1.20");
  }

  @Test
  @Tag("CA-06")
  @Tag("CA-18")
  void leaderThatFailsAfterTheDeadlineOfItsBlock_handsOver() throws Exception {
    Coalescer<String, String> prices = coalescer();
    Body body = new Body();
    IOException late = new IOException("late");
    Call leader = new Call(() -> within(100, () -> prices.<Exception>call("apples", body::call)));
    body.awaitEntered();
    Body next = new Body();
    Call joiner = joiner(prices, next, 1);
    at(100);
    body.fail(late);
    assertThat(leader.failure()).isSameAs(late);
    next.complete("1.20");
    assertThat(joiner.result()).isEqualTo("1.20");
  }

  @Test
  @Tag("CA-06")
  void valueOfALeaderThatIsInterrupted_isThatOfAll() throws Exception {
    Coalescer<String, String> prices = coalescer();
    Body body = new Body();
    Call leader = new Call(() -> prices.<Exception>call("apples", () -> {
      String price = body.call();
      Thread.currentThread().interrupt();
      return price;
    }));
    body.awaitEntered();
    Call joiner = joiner(prices, new Body(), 1);
    body.complete("1.20");
    assertThat(leader.result()).isEqualTo("1.20");
    assertThat(joiner.result()).isEqualTo("1.20");
  }

  @Test
  @Tag("CA-07")
  @Tag("fak-11924")
  @Tag("singleflight-4")
  void joinerWhoseDeadlinePasses_leavesAlone_andNoSecondBodyStarts() throws Exception {
    Coalescer<String, String> prices = coalescer();
    Timeout timeout = resilience.timeout("t", c -> c.limit(millis(100)));
    Body body = new Body();
    Body other = new Body();
    Call leader = leader(prices, body);
    Call limited =
        new Call(() -> timeout.call(() -> prices.<Exception>call("apples", other::call)));
    time.awaitSleepers(1);
    Call scoped = new Call(() -> within(50, () -> prices.<Exception>call("apples", other::call)));
    time.awaitSleepers(2);
    Call patient = joiner(prices, other, 3);
    at(50);
    assertThat(scoped.failure())
        .isInstanceOf(TimeoutExceededException.class)
        .hasMessageStartingWith("'prices' did not finish within 0.05");
    at(100);
    assertThat(limited.failure())
        .isInstanceOf(TimeoutExceededException.class)
        .hasMessage("'t' did not finish within 0.1 s");
    Call late = joiner(prices, other, 2);
    body.complete("1.20");
    assertThat(leader.result()).isEqualTo("1.20");
    assertThat(patient.result()).isEqualTo("1.20");
    assertThat(late.result()).isEqualTo("1.20");
    assertThat(other.hasBegun()).isFalse();
    assertThat(prices.totals().handedOver()).isZero();
  }

  @Test
  @Tag("CA-07")
  void joinerThatIsInterrupted_leavesAlone() throws Exception {
    Coalescer<String, String> prices = coalescer();
    Body body = new Body();
    Call leader = leader(prices, body);
    AtomicReference<Boolean> flag = new AtomicReference<>();
    Call plain = new Call(() -> {
      try {
        return prices.<Exception>call("apples", body::call);
      } finally {
        flag.set(Thread.currentThread().isInterrupted());
      }
    });
    time.awaitSleepers(1);
    plain.thread.interrupt();
    assertThat(plain.failure())
        .isInstanceOf(CallInterruptedException.class)
        .hasMessage("interrupted while 'prices' was waiting");
    assertThat(flag).hasValue(true);
    Call interruptible = new Call(() -> {
      try {
        return prices.<Exception>callInterruptibly("apples", body::call);
      } finally {
        flag.set(Thread.currentThread().isInterrupted());
      }
    });
    time.awaitSleepers(1);
    interruptible.thread.interrupt();
    assertThat(interruptible.failure()).isInstanceOf(InterruptedException.class);
    assertThat(flag).hasValue(false);
    body.complete("1.20");
    assertThat(leader.result()).isEqualTo("1.20");
  }

  @Test
  @Tag("CA-06")
  @Tag("CA-07")
  void joinerThatIsInterruptedWhenItsTurnComes_handsOverAgain() throws Exception {
    Coalescer<String, String> prices = coalescer();
    Body body = new Body();
    Body next = new Body();
    Call leader = leader(prices, body);
    Body unused = new Body();
    Call first = joiner(prices, unused, 1);
    Call second = joiner(prices, next, 2);
    first.thread.interrupt();
    leader.thread.interrupt();
    assertThat(leader.failure()).isInstanceOf(InterruptedException.class);
    assertThat(first.failure()).isInstanceOf(CallInterruptedException.class);
    next.awaitEntered();
    next.complete("1.20");
    assertThat(second.result()).isEqualTo("1.20");
    assertThat(unused.hasBegun()).isFalse();
  }

  @Test
  @Tag("CA-08")
  void everybodyLeaves_andTheKeyIsFree() throws Exception {
    Coalescer<String, String> prices = coalescer();
    Body body = new Body();
    Call leader = leader(prices, body);
    Call joiner = joiner(prices, new Body(), 1);
    joiner.thread.interrupt();
    assertThat(joiner.failure()).isInstanceOf(CallInterruptedException.class);
    assertThat(prices.flights()).isEqualTo(1);
    leader.thread.interrupt();
    assertThat(leader.failure()).isInstanceOf(InterruptedException.class);
    assertThat(prices.flights()).isZero();
    assertThat(prices.totals().handedOver()).isZero();
    assertThat(prices.<RuntimeException>call("apples", () -> "new")).isEqualTo("new");
  }

  @Test
  @Tag("CA-09")
  void longFlight_takesNoFurtherCalls_andItsEndLeavesTheNewOneAlone() throws Exception {
    Coalescer<String, String> prices = coalescer(c -> c.maxFlight(millis(100)));
    Body hanging = new Body();
    Body body = new Body();
    Call leader = leader(prices, hanging);
    Call joined = joiner(prices, new Body(), 1);
    time.advance(millis(99));
    Call joinedInTime = joiner(prices, new Body(), 2);
    time.advance(millis(1));
    Call next = leader(prices, body);
    Call withNext = joiner(prices, new Body(), 3);
    assertThat(prices.flights()).isEqualTo(1);
    hanging.complete("old");
    assertThat(leader.result()).isEqualTo("old");
    assertThat(joined.result()).isEqualTo("old");
    assertThat(joinedInTime.result()).isEqualTo("old");
    assertThat(prices.flights()).isEqualTo(1);
    Call later = joiner(prices, new Body(), 2);
    body.complete("new");
    assertThat(next.result()).isEqualTo("new");
    assertThat(withNext.result()).isEqualTo("new");
    assertThat(later.result()).isEqualTo("new");
  }

  @Test
  @Tag("CA-10")
  void bodyThatCallsItsOwnKey_fails_insteadOfADeadlock() {
    Coalescer<String, String> prices = coalescer();
    assertThatThrownBy(() -> prices.call("apples", () -> prices.call("apples", () -> "")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("call for key 'apples' waits for itself");
    assertThat(prices.flights()).isZero();
    assertThat(prices.<RuntimeException>call("apples", () -> prices.call("pears", () -> "pears")))
        .isEqualTo("pears");
  }

  @Test
  @Tag("CA-10")
  void bodyThatTakesOver_andCallsItsOwnKey_fails() throws Exception {
    Coalescer<String, String> prices = coalescer();
    Body body = new Body();
    Call leader = leader(prices, body);
    Call next = new Call(() -> prices.call("apples", () -> prices.call("apples", () -> "")));
    time.awaitSleepers(1);
    leader.thread.interrupt();
    assertThat(next.failure()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  @Tag("CA-11")
  void keysBeyondMaxFlights_runByThemselves() throws Exception {
    Coalescer<String, String> prices = coalescer(c -> c.maxFlights(1));
    Body body = new Body();
    Call leader = leader(prices, body);
    assertThat(prices.<RuntimeException>call("pears", () -> prices.call("pears", () -> "nested")))
        .isEqualTo("nested");
    assertThat(prices.totals().alone()).isEqualTo(2);
    Call joiner = joiner(prices, new Body(), 1);
    body.complete("1.20");
    assertThat(leader.result()).isEqualTo("1.20");
    assertThat(joiner.result()).isEqualTo("1.20");
    assertThat(prices.totals().led()).isEqualTo(1);
    assertThat(prices.<RuntimeException>call("pears", () -> "pears")).isEqualTo("pears");
    assertThat(prices.totals().led()).isEqualTo(2);
  }

  @Test
  @Tag("CA-13")
  void copy_isMadeForEachThatJoined_andOneThatFailsIsItsOwn() throws Exception {
    AtomicInteger copies = new AtomicInteger();
    Coalescer<String, String> prices = coalescer(c -> c.copyFor(price -> {
      if (copies.incrementAndGet() == 2) {
        throw new AssertionError("copy");
      }
      return new String(price);
    }));
    Body body = new Body();
    Call leader = leader(prices, body);
    List<Call> joiners = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      joiners.add(joiner(prices, new Body(), i));
    }
    String result = new String("1.20");
    body.complete(result);
    assertThat(leader.result()).isSameAs(result);
    int failed = 0;
    for (Call joiner : joiners) {
      try {
        assertThat(joiner.result()).isEqualTo("1.20").isNotSameAs(result);
      } catch (ExecutionException e) {
        assertThat(e.getCause()).isInstanceOf(AssertionError.class).hasMessage("copy");
        failed++;
      }
    }
    assertThat(failed).isEqualTo(1);
  }

  @Test
  @Tag("CA-20")
  void closing_endsThreadsThatWait_andBodiesEndAsTheyEnd() throws Exception {
    Coalescer<String, String> prices = coalescer();
    Body body = new Body();
    Call leader = leader(prices, body);
    Call joiner = joiner(prices, new Body(), 1);
    resilience.close();
    assertThat(joiner.failure()).isInstanceOf(ResilienceClosedException.class);
    Call late = call(prices, new Body());
    assertThat(late.failure()).isInstanceOf(ResilienceClosedException.class);
    body.complete("1.20");
    assertThat(leader.result()).isEqualTo("1.20");
    assertThat(prices.<RuntimeException>call("apples", () -> "after")).isEqualTo("after");
  }

  /** A key whose hash code changes, or whose methods throw. */
  private static final class Key {
    private int hash;
    private boolean isBroken;

    @Override
    public int hashCode() {
      if (isBroken) {
        throw new IllegalStateException("hashCode");
      }
      return hash;
    }

    @Override
    public boolean equals(Object other) {
      if (isBroken) {
        throw new IllegalStateException("equals");
      }
      return this == other;
    }

    @Override
    public String toString() {
      throw new IllegalStateException("toString");
    }
  }

  @Test
  @Tag("CA-05")
  void keyThatThrowsOrChanges_leavesNothingBehind() {
    Coalescer<Key, String> byKey = resilience.coalescer("keys", CoalescerConfig.defaults());
    Key broken = new Key();
    broken.isBroken = true;
    assertThatThrownBy(() -> byKey.call(broken, () -> "")).hasMessage("hashCode");
    assertThat(byKey.callAsync(broken, () -> CompletableFuture.completedFuture("")))
        .isCompletedExceptionally();
    Key key = new Key();
    assertThat(byKey.<RuntimeException>call(key, () -> {
          key.hash = 1;
          key.isBroken = true;
          return "changed";
        }))
        .isEqualTo("changed");
    assertThat(byKey.flights()).isZero();
    Key other = new Key();
    assertThatThrownBy(() -> byKey.call(other, () -> byKey.call(other, () -> "")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("call for key 'an object of ");
    assertThat(byKey.flights()).isZero();
  }

  @Test
  @Tag("GW-11")
  void nameDeclaredTwice_mustHaveTheSameSettings() {
    Coalescer<String, String> prices = coalescer(c -> c.maxFlights(3));
    assertThat(coalescer(c -> c.maxFlights(3))).isSameAs(prices);
    assertThat(resilience.<String, String>coalescer("prices")).isSameAs(prices);
    assertThat(resilience.policies().coalescers()).hasSize(1);
    assertThatThrownBy(() -> coalescer(c -> c.maxFlights(4)))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("coalescer 'prices' is already declared with maxFlights=3")
        .hasMessageContaining("maxFlights=4");
    assertThat(resilience.policies().removeCoalescer("prices")).isTrue();
    assertThat(resilience.policies().removeCoalescer("prices")).isFalse();
  }

  @Test
  @Tag("GW-11")
  void coalescerLookedUpFirst_takesTheConfigOfItsDeclaration() {
    Coalescer<String, String> prices = resilience.coalescer("prices");
    assertThat(prices.config().maxFlights()).isEqualTo(10_000);
    assertThat(coalescer(c -> c.maxFlights(3))).isSameAs(prices);
    assertThat(prices.config().maxFlights()).isEqualTo(3);
    assertThat(resilience
            .unregistered()
            .<String, String>coalescer("prices", CoalescerConfig.defaults()))
        .isNotSameAs(prices)
        .hasToString("coalescer 'prices'");
  }

  @Test
  @Tag("GW-11")
  void settingsFromOutside_changeNumbersAndTimes() {
    try (Resilience outside = Resilience.builder()
        .timeSource(time)
        .config(Map.of(
            "resilience.coalescer.maxFlights", "7",
            "resilience.coalescer.prices.maxFlight", "2s",
            "resilience.coalescer.prices.shareFailures", "false",
            "resilience.coalescer.prices.maxStale", "3m"))
        .build()) {
      CoalescerConfig<String, String> config = outside
          .<String, String>coalescer(
              "prices",
              c ->
                  c.staleIfError(ResultCache.of(new ConcurrentHashMap<>()), Duration.ofMinutes(10)))
          .config();
      assertThat(config.maxFlights()).isEqualTo(7);
      assertThat(config.maxFlight()).isEqualTo(Duration.ofSeconds(2));
      assertThat(config.shareFailures()).isFalse();
      assertThat(config.maxStale()).isEqualTo(Duration.ofMinutes(3));
    }
    assertThatThrownBy(() -> Resilience.builder()
            .config(Map.of("resilience.pipeline.p.policies", "retry, coalescer"))
            .build())
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("retry, coalescer");
  }

  @Test
  @Tag("GW-11")
  void maxStaleFromOutside_isLeftOutUntilADeclarationHasACache() {
    try (Resilience outside = Resilience.builder()
        .timeSource(time)
        .config(Map.of(
            "resilience.coalescer.maxStale", "5m",
            "resilience.coalescer.prices.maxStale", "3m"))
        .build()) {
      Coalescer<String, String> prices = outside.coalescer("prices");
      assertThat(prices.config().maxStale()).isNull();
      assertThat(outside
              .coalescer("stocks", CoalescerConfig.<String, String>defaults())
              .config()
              .maxStale())
          .isNull();
      assertThat(outside.<String, String>coalescer(
              "prices",
              c -> c.staleIfError(
                  ResultCache.of(new ConcurrentHashMap<>()), Duration.ofMinutes(10))))
          .isSameAs(prices);
      assertThat(prices.config().maxStale()).isEqualTo(Duration.ofMinutes(3));
    }
    assertThatThrownBy(() -> Resilience.builder()
            .config(Map.of("resilience.coalescer.maxStale", "0s"))
            .build())
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("maxStale");
  }
}
