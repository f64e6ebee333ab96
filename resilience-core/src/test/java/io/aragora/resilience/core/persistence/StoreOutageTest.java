package io.aragora.resilience.core.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.core.circuitbreaker.BreakerRuntime;
import io.aragora.resilience.core.circuitbreaker.CoreCircuitBreaker;
import io.aragora.resilience.core.circuitbreaker.StoredBreaker;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.dispatch.ExhaustedTime;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.internal.runtime.ResilienceSettings.StoreSetting;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.time.TimeSource;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What happens while a store fails, and when it works again. */
class StoreOutageTest extends SaverFixture {
  /** A saver that may reopen its store, like one whose store is configured by location. */
  private final class Kept implements LiveBreakers {
    final List<CoreCircuitBreaker> all = new ArrayList<>();
    final Timer timer = new Timer("timer", time);
    final StateSaver saver;
    final BreakerRuntime runtime;

    Kept() {
      this(time);
    }

    Kept(TimeSource background) {
      this(time, background);
    }

    Kept(TimeSource keeping, TimeSource background) {
      Dispatcher dispatcher = new Dispatcher("r", background, null);
      saver = new StateSaver(
          "r",
          new StoreSetting(
              "test:place", store::open, true, false, Duration.ofSeconds(30), Duration.ofHours(72)),
          keeping,
          timer,
          dispatcher);
      runtime = BreakerRuntime.of(time, timer, dispatcher, saver);
    }

    CircuitBreaker breaker(String name) {
      return breaker(name, config().build());
    }

    CircuitBreaker breaker(String name, CircuitBreakerConfig config) {
      CoreCircuitBreaker made = new CoreCircuitBreaker(name, config, runtime);
      saver.made(made);
      all.add(made);
      return made;
    }

    @Override
    public void each(Consumer<? super StoredBreaker> action) {
      all.forEach(action);
    }

    @Override
    public void eachKey(Consumer<? super StoredBreaker> action) {}

    @Override
    public @Nullable StoredBreaker find(SavedBreaker.Id id) {
      return all.stream()
          .filter(breaker -> breaker.storedId().equals(id))
          .findFirst()
          .orElse(null);
    }
  }

  @Test
  @Tag("PE-12")
  @Tag("PE-15")
  @Tag("fault-71")
  @DisplayName("a failing store is reported, affects no call, and is tried again")
  void failingStore_isReportedAndTriedAgain() {
    try (RecordedLog log = RecordedLog.of(StoreConnection.class);
        Resilience resilience = open()) {
      store.failing = true;
      trip(breaker(resilience));
      time.advance(A_MOMENT);
      assertThat(breaker(resilience).state()).isEqualTo(CircuitBreakerState.OPEN);
      assertThat(resilience.flush(Duration.ofSeconds(1))).isFalse();
      assertThat(resilience.status().stateStore().lastError()).isEqualTo("save: disk full");
      assertThat(resilience.status().stateStore().failingSince()).isNotNull();
      assertThat(resilience.status().stateStore().pending()).isEqualTo(1);
      assertThat(resilience.status().stateStore().failures()).isEqualTo(2);
      Map<String, HealthResult> checks = resilience.health().checkAll().checks();
      assertThat(checks.get("state store").status()).isEqualTo(HealthStatus.DEGRADED);
      store.failing = false;
      time.advance(Duration.ofSeconds(3));
      assertThat(store.row("b").state()).isEqualTo(CircuitBreakerState.OPEN);
      assertThat(resilience.status().stateStore().lastError()).isNull();
      assertThat(resilience.health().checkAll().checks().get("state store").status())
          .isEqualTo(HealthStatus.HEALTHY);
      assertThat(resilience.status().stateStore().failingSince()).isNull();
      assertThat(log.messages())
          .as("one line for an outage, one for its end")
          .containsExactly(
              "WARNING runtime 'r': cannot save state in RecordingStore; calls continue, and it is tried"
                  + " again: disk full",
              "INFO runtime 'r': state is saved to RecordingStore again");
    }
  }

  @Test
  void storeThatMissesAClass_isAStoreThatFails() {
    Kept kept = new Kept();
    store.missesAClass = true;
    assertThat(kept.saver.start(kept)).isEqualTo("open: java.lang.NoClassDefFoundError: a/Driver");
    CircuitBreaker breaker = kept.breaker("b");
    store.missesAClass = false;
    time.advance(Duration.ofSeconds(5));
    store.missesAClass = true;
    breaker.forceOpen();
    time.advance(A_MOMENT);
    assertThat(kept.saver.status().lastError())
        .isEqualTo("save: java.lang.NoClassDefFoundError: a/Driver");
    store.missesAClass = false;
    time.advance(Duration.ofSeconds(5));
    assertThat(store.row("b").state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
  }

  @Test
  void machineWithoutAThread_savesWhenThereIsOneAgain() {
    ExhaustedTime exhausted = new ExhaustedTime(time);
    Kept kept = new Kept(exhausted);
    kept.saver.start(kept);
    CircuitBreaker breaker = kept.breaker("b");
    breaker.forceOpen();
    time.advance(Duration.ofSeconds(5));
    assertThat(store.saves).isEmpty();
    exhausted.exhausted = false;
    time.advance(Duration.ofSeconds(2));
    assertThat(store.row("b").state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    breaker.forceClosed();
    time.advance(A_MOMENT);
    assertThat(store.row("b").state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @DisplayName("tries become rarer, down to one a minute, and changes meanwhile add no tries")
  void tries_growRarer() {
    Kept kept = new Kept();
    assertThat(kept.saver.start(kept)).isNull();
    CircuitBreaker breaker = kept.breaker("b");
    store.failing = true;
    breaker.forceOpen();
    store.attempts = 0;
    for (int second = 0; second < 600; second++) {
      breaker.forceClosed();
      breaker.forceOpen();
      time.advance(Duration.ofSeconds(1));
    }
    // 1, 2, 4, 8, 16, 32 s, then 60 s each, and up to a tenth later.
    assertThat(store.attempts).isBetween(13, 17);
    assertThat(kept.saver.status().pending()).isEqualTo(1);
  }

  @Test
  @DisplayName("after an outage everything is saved, also changes that left the list in it")
  void afterAnOutage_everythingIsSaved() {
    Kept kept = new Kept();
    kept.saver.start(kept);
    store.failing = true;
    for (int i = 0; i < 5; i++) {
      kept.breaker("b" + i).forceOpen();
      time.advance(Duration.ofSeconds(10));
    }
    store.failing = false;
    time.advance(Duration.ofSeconds(70));
    assertThat(store.ids()).containsExactly("b0", "b1", "b2", "b3", "b4");
    assertThat(kept.saver.status().pending()).isZero();
  }

  @Test
  @DisplayName("a store that keeps failing is closed and reopened, and its rows are not taken for "
      + "changes")
  void store_isOpenedAnew() {
    Kept kept = new Kept();
    kept.saver.start(kept);
    CircuitBreaker breaker = kept.breaker("b");
    trip(breaker);
    time.advance(A_MOMENT);
    store.failing = true;
    breaker.reset();
    time.advance(Duration.ofSeconds(5));
    assertThat(store.closed).isEqualTo(1);
    store.failing = false;
    time.advance(Duration.ofSeconds(5));
    assertThat(store.opened).isEqualTo(2);
    assertThat(store.row("b").state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(breaker.snapshot().totals().failures()).as("counted once").isEqualTo(2);
  }

  @Test
  @DisplayName(
      "what another instance saved during an outage is followed once the store is reopened")
  void reopenedStore_hasWhatAnotherInstanceSavedMeanwhile() {
    Kept kept = new Kept();
    kept.saver.start(kept);
    CircuitBreaker breaker = kept.breaker("b", config().followPeers(true).build());
    store.failing = true;
    breaker.reset();
    time.advance(Duration.ofSeconds(5));
    assertThat(store.closed).isEqualTo(1);
    store.failing = false;
    try (Resilience other = open()) {
      trip(breaker(other));
    }
    time.advance(Duration.ofSeconds(5));
    assertThat(store.opened).isEqualTo(2);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.SHARED);
  }

  @Test
  @Tag("PE-10")
  @Tag("fault-69")
  @DisplayName("states that are loaded late are restored into live breakers, but never over newer "
      + "changes")
  void lateLoad_isMerged() {
    try (Resilience before = open()) {
      trip(breaker(before));
      trip(before.circuitBreaker("moved", config().build()));
    }
    store.failing = true;
    Kept kept = new Kept();
    assertThat(kept.saver.start(kept)).isEqualTo("open: no such host");
    CircuitBreaker untouched = kept.breaker("b");
    CircuitBreaker moved = kept.breaker("moved");
    succeed(untouched);
    moved.disable();
    assertThat(untouched.state()).isEqualTo(CircuitBreakerState.CLOSED);
    store.failing = false;
    time.advance(Duration.ofSeconds(5));
    assertThat(untouched.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(untouched.snapshot().totals().failures()).isEqualTo(2);
    assertThat(untouched.snapshot().totals().successes()).isEqualTo(1);
    assertThat(moved.state()).isEqualTo(CircuitBreakerState.DISABLED);
    assertThat(moved.snapshot().totals().failures()).isEqualTo(2);
    assertThat(store.row("moved").state()).isEqualTo(CircuitBreakerState.DISABLED);
  }

  @Test
  @DisplayName("a store that could not be read at first is read before anything is written to it")
  void storeThatCouldNotBeRead_isReadBeforeItIsWritten() {
    leaveOpen();
    store.saves.clear();
    store.watchers = 0;
    store.unreadable = true;
    try (Resilience resilience = open()) {
      CircuitBreaker breaker = breaker(resilience);
      time.advance(Duration.ofSeconds(5));
      assertThat(store.saves).isEmpty();
      assertThat(resilience.status().stateStore().lastError())
          .isEqualTo("save: nothing can be read");
      store.unreadable = false;
      time.advance(Duration.ofSeconds(5));
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
      assertThat(store.row("b").state()).isEqualTo(CircuitBreakerState.OPEN);
      assertThat(store.watchers).isEqualTo(1);
    }
    assertThat(store.closed).as("by two runtimes").isEqualTo(2);
  }

  @Test
  @DisplayName("a store that does not receive the changes of others degrades health until it does")
  void storeThatReceivesNoChanges_degradesHealth() {
    try (Resilience resilience = open()) {
      store.outages.accept(new StateStoreException("line cut", null));
      assertThat(resilience.status().stateStore().lastError()).isEqualTo("watch: line cut");
      assertThat(resilience.status().stateStore().failingSince()).isEqualTo(time.wallTime());
      HealthResult health = resilience.health().checkAll().checks().get("state store");
      assertThat(health.status()).isEqualTo(HealthStatus.DEGRADED);
      assertThat(health.detail()).isEqualTo("watch: line cut");

      Instant since = time.wallTime();
      time.advance(Duration.ofSeconds(1));
      store.outages.accept(new NoClassDefFoundError("a/Driver"));
      assertThat(resilience.status().stateStore().lastError())
          .isEqualTo("watch: java.lang.NoClassDefFoundError: a/Driver");
      assertThat(resilience.status().stateStore().failingSince()).isEqualTo(since);

      store.outages.accept(null);
      assertThat(resilience.status().stateStore().lastError()).isNull();
    }
  }

  @Test
  @DisplayName(
      "a store that was given up reports no outage any more, and a failed save counts more")
  void storeThatWasGivenUp_reportsNoOutage() {
    Kept kept = new Kept();
    kept.saver.start(kept);
    CircuitBreaker breaker = kept.breaker("b");
    Consumer<? super @Nullable Throwable> outages = store.outages;
    outages.accept(new StateStoreException("line cut", null));
    store.failing = true;
    breaker.forceOpen();
    time.advance(Duration.ofSeconds(5));
    assertThat(kept.saver.status().lastError()).isEqualTo("save: no such host");
    store.failing = false;
    time.advance(Duration.ofSeconds(5));

    assertThat(kept.saver.status().lastError()).isNull();
    outages.accept(new StateStoreException("line cut", null));
    assertThat(kept.saver.status().lastError()).isNull();
    store.outages.accept(new StateStoreException("new line cut", null));
    assertThat(kept.saver.status().lastError()).isEqualTo("watch: new line cut");
    kept.saver.close();
  }

  @Test
  void storeThatCannotBeClosed_isOpenedAnewAllTheSame() {
    store.failsToClose = true;
    Kept kept = new Kept();
    kept.saver.start(kept);
    CircuitBreaker breaker = kept.breaker("b");
    store.failing = true;
    breaker.forceOpen();
    try (RecordedLog log = RecordedLog.of(StoreConnection.class)) {
      time.advance(A_MOMENT);
      assertThat(log.messages()).as("an outage is logged when it begins").hasSize(1);
      time.advance(Duration.ofSeconds(5));
      assertThat(log.messages())
          .hasSize(2)
          .contains("WARNING runtime 'r': the state store test:place failed to close; the runtime"
              + " continues");
    }
    assertThat(store.closed).isEqualTo(1);
    store.failing = false;
    time.advance(Duration.ofSeconds(5));
    assertThat(store.opened).isEqualTo(2);
    assertThat(store.row("b").state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    kept.saver.close();
    assertThat(store.closed).isEqualTo(2);
  }

  @Test
  void storeThatCannotBeListenedToAtFirst_isReadBeforeItIsWritten() {
    leaveOpen();
    store.failsToWatch = true;
    Kept kept = new Kept();
    assertThat(kept.saver.start(kept))
        .isEqualTo("open: java.lang.IllegalStateException: cannot listen");
    CircuitBreaker breaker = kept.breaker("b");
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    store.failsToWatch = false;
    time.advance(Duration.ofSeconds(5));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(store.row("b").state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  void machineWithoutAThread_endsAFlush_andClosesTheStoreAllTheSame() {
    TimeSource withThreadsOfItsOwn = (TimeSource) Proxy.newProxyInstance(
        TimeSource.class.getClassLoader(),
        new Class<?>[] {TimeSource.class},
        (proxy, method, arguments) ->
            method.getName().equals("executor") ? null : method.invoke(time, arguments));
    Kept kept = new Kept(withThreadsOfItsOwn, new ExhaustedTime(time));
    kept.saver.start(kept);
    kept.breaker("b").forceOpen();
    assertThat(kept.saver.flush(Duration.ofSeconds(1))).isFalse();
    kept.saver.close();
    assertThat(store.closed).isEqualTo(1);
  }

  @Test
  @DisplayName("an invalid location is a mistake, not an outage")
  void location_invalid_isAnError() {
    assertThatThrownBy(() -> Resilience.builder()
            .timeSource(time)
            .name("shop")
            .stateStore("memory:here")
            .build())
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessage(
            "runtime 'shop': the state store location is invalid: state store location must be"
                + " 'memory:' exactly: 'memory:here'");
  }

  @Test
  @Tag("PE-15")
  @DisplayName("if the store is required, no runtime is built without it")
  void requiredStore_thatDoesNotWork_isAnError() {
    store.unreadable = true;
    assertThatThrownBy(() -> Resilience.builder()
            .timeSource(time)
            .name("shop")
            .stateStore(store)
            .requireStateStore(true)
            .build())
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessage(
            "runtime 'shop' requires its state store, and the store failed: open: nothing can be read."
                + " Repair the store, or remove requireStateStore");
  }

  @Test
  void flush_whileAnotherThreadReadsTheStore_savesNothingThatIsReadBack() {
    ManualTime time = ManualTime.create();
    MemoryStateStore kept = new MemoryStateStore(10);
    List<Boolean> flushes = new ArrayList<>();
    AtomicReference<Resilience> runtime = new AtomicReference<>();
    StateStore store = (StateStore) Proxy.newProxyInstance(
        StateStore.class.getClassLoader(),
        new Class<?>[] {StateStore.class},
        (proxy, method, arguments) -> {
          Resilience other = runtime.get();
          if (method.getName().equals("load")) {
            if (other == null) {
              throw new StateStoreException("not yet", null);
            }
            flushes.add(CompletableFuture.supplyAsync(() -> other.flush(Duration.ofSeconds(1)))
                .join());
          }
          return method.invoke(kept, arguments);
        });
    try (Resilience resilience =
        Resilience.builder().timeSource(time).stateStore(store).build()) {
      CircuitBreaker breaker = resilience.circuitBreaker("a");
      breaker.call(() -> 1);
      runtime.set(resilience);
      assertThat(resilience.flush(Duration.ofSeconds(1))).isTrue();
      assertThat(flushes).containsExactly(false);
      assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
    }
  }
}
