package io.aragora.resilience.core.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreStatus;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What is saved, when, for how long, and by which settings. {@link RestoredStateTest} covers
 * restoring.
 */
class StateSaverTest extends SaverFixture {
  @Nested
  class Saving {
    @Test
    @Tag("fault-74")
    @DisplayName("a change is saved after a moment, not at the interval")
    void change_isSavedAMomentLater() {
      try (Resilience resilience = open()) {
        trip(breaker(resilience));
        assertThat(resilience.status().stateStore().pending()).isEqualTo(1);
        time.advance(A_MOMENT);
        assertThat(store.row("b").state()).isEqualTo(CircuitBreakerState.OPEN);
        assertThat(resilience.status().stateStore().pending()).isZero();
        assertThat(resilience.status().stateStore().lastSavedAt()).isNotNull();
      }
    }

    @Test
    @Tag("fault-73")
    @DisplayName("simultaneous changes are one write")
    void changes_areCoalesced() {
      try (Resilience resilience = open()) {
        for (int i = 0; i < 500; i++) {
          resilience.circuitBreaker("b" + i).forceOpen();
          resilience.circuitBreaker("b" + i).reset();
          resilience.circuitBreaker("b" + i).disable();
        }
        time.advance(A_MOMENT);
        assertThat(store.saves).hasSize(1);
        assertThat(store.saves.get(0)).hasSize(500).doesNotHaveDuplicates();
        assertThat(store.row("b499").state()).isEqualTo(CircuitBreakerState.DISABLED);
      }
    }

    @Test
    @Tag("PE-03")
    @DisplayName("ten thousand keys are saved in batches")
    void manyBreakers_areSavedInPieces() {
      try (Resilience resilience = open()) {
        for (int i = 0; i < 2_500; i++) {
          fail(keyed(resilience).forKey("key-" + i));
        }
        assertThat(resilience.flush(Duration.ofSeconds(1))).isTrue();
        assertThat(store.saves).extracting(ids -> ids.size()).containsExactly(1000, 1000, 500);
        assertThat(resilience.status().stateStore().saved()).isEqualTo(2_500);
      }
    }

    @Test
    void counts_areSavedAtTheInterval_andAtClosing() {
      Resilience resilience = open();
      fail(breaker(resilience));
      time.advance(Duration.ofSeconds(40));
      assertThat(store.row("b").consecutiveFailures()).isEqualTo(1);
      succeed(breaker(resilience));
      resilience.close();
      assertThat(store.row("b").consecutiveFailures()).isZero();
      assertThat(store.row("b").totals().successes()).isEqualTo(1);
      assertThat(store.closed).isEqualTo(1);
    }

    @Test
    @DisplayName(
        "a key without a call since it was saved is not saved again, until the hourly save of all")
    void idleKeys_areNotSavedAgain() {
      try (Resilience resilience = open()) {
        succeed(keyed(resilience).forKey("idle"));
        fail(keyed(resilience).forKey("used"));
        time.advance(Duration.ofMinutes(5));
        store.saves.clear();
        fail(keyed(resilience).forKey("used"));
        time.advance(Duration.ofSeconds(40));
        assertThat(store.saves).allSatisfy(ids -> assertThat(ids).doesNotContain("k:idle"));
        assertThat(store.saves).anySatisfy(ids -> assertThat(ids).contains("k:used"));
        time.advance(Duration.ofHours(1));
        assertThat(store.saves).anySatisfy(ids -> assertThat(ids).contains("k:idle"));
      }
    }

    @Test
    void closedRuntime_isNotSavedAnyMore() {
      Resilience resilience = open();
      CircuitBreaker breaker = breaker(resilience);
      resilience.close();
      store.saves.clear();
      trip(breaker);
      time.advance(Duration.ofHours(2));
      assertThat(store.saves).isEmpty();
      assertThat(resilience.flush(Duration.ofSeconds(1))).isFalse();
    }

    @Test
    @Tag("PE-07")
    @DisplayName("without a store, saving succeeds because there is nothing to save")
    void withoutStore_flushIsTrue() {
      try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
        trip(breaker(resilience));
        assertThat(resilience.flush(Duration.ofSeconds(1))).isTrue();
        assertThat(resilience.status().stateStore()).isEqualTo(StateStoreStatus.NONE);
      }
    }
  }

  @Nested
  class Retention {
    @Test
    @Tag("PE-06")
    @DisplayName("states that were not saved for 72 h are removed at the start")
    void oldState_isPurgedAtTheStart() {
      leaveOpen();
      time.advance(Duration.ofHours(73));
      try (Resilience resilience = open()) {
        assertThat(store.ids()).isEmpty();
        assertThat(breaker(resilience).state()).isEqualTo(CircuitBreakerState.CLOSED);
      }
    }

    @Test
    @Tag("PE-06")
    @Tag("PE-14")
    @DisplayName(
        "in operation states that were not saved for 72 h are removed in operation too, unless "
            + "their breaker is live")
    void old_isPurgedInOperation_liveIsNot() {
      leaveOpen();
      try (Resilience resilience = open()) {
        resilience.circuitBreaker("live").disable();
        succeed(keyed(resilience).forKey("idle"));
        time.advance(Duration.ofHours(80));
        assertThat(store.ids()).containsExactly("k:idle", "live");
      }
    }

    @Test
    @DisplayName("old states that a store has not purged yet are not restored")
    void old_storeHasNotPurgedIt_isNotRestored() {
      leaveOpen();
      store.purgesNothing = true;
      time.advance(Duration.ofHours(80));
      try (Resilience resilience = open()) {
        assertThat(breaker(resilience).snapshot().totals().failures()).isZero();
      }
    }

    @Test
    @DisplayName("a flush with nothing to save asks the store whether all data is still there")
    void flush_nothingChanged_asksTheStore() {
      try (Resilience resilience = open()) {
        assertThat(resilience.flush(Duration.ofSeconds(5))).isTrue();
        store.failing = true;
        assertThat(resilience.flush(Duration.ofSeconds(5))).isFalse();
        store.failing = false;
      }
    }

    @Test
    void retention_canBeSet() {
      leaveOpen();
      time.advance(Duration.ofMinutes(3));
      try (Resilience resilience = Resilience.builder()
          .timeSource(time)
          .stateStore(store)
          .stateRetention(Duration.ofMinutes(2))
          .build()) {
        assertThat(resilience.status().stateStore().lastError()).isNull();
        assertThat(store.ids()).isEmpty();
      }
    }
  }

  @Nested
  class Settings {
    @Test
    void locationWithoutScheme_isAnError() {
      assertThatThrownBy(() -> Resilience.builder().stateStore("sqlite"))
          .hasMessageContaining("stateStore must start with a scheme")
          .hasMessageContaining("sqlite");
    }

    @Test
    @DisplayName(
        "an error does not repeat a location of an unknown kind, which may contain a password")
    void unknownScheme_isAnErrorThatNamesTheArtifact() {
      assertThatThrownBy(() ->
              Resilience.builder().stateStore("postgresql://u:secret@host/db").build())
          .hasMessageContaining("io.aragora:resilience-postgresql")
          .hasMessageNotContainingAny("secret", "u:");
    }

    @Test
    void outOfRange_isAnErrorThatNamesRuleAndValue() {
      assertThatThrownBy(() -> Resilience.builder().stateRetention(Duration.ofSeconds(59)))
          .hasMessage("stateRetention must be at least PT1M: PT59S");
      assertThatThrownBy(() -> Resilience.builder().saveInterval(Duration.ofMillis(99)))
          .hasMessage("saveInterval must be at least PT0.1S: PT0.099S");
    }

    @Test
    @DisplayName("a store in memory can be passed from one runtime to the next")
    void memoryStore_outlivesItsRuntime() throws Exception {
      StateStore memory = StateStore.open("memory:");
      try (Resilience resilience =
          Resilience.builder().timeSource(time).stateStore(memory).build()) {
        trip(breaker(resilience));
      }
      try (Resilience resilience =
          Resilience.builder().timeSource(time).stateStore(memory).build()) {
        assertThat(breaker(resilience).state()).isEqualTo(CircuitBreakerState.OPEN);
      }
      assertThat(memory.load().states()).extracting(SavedBreaker::name).containsExactly("b");
    }

    @Test
    void memoryStore_byItsLocation_endsWithItsRuntime() {
      for (int i = 0; i < 2; i++) {
        try (Resilience resilience =
            Resilience.builder().timeSource(time).stateStore("memory:").build()) {
          assertThat(breaker(resilience).state()).isEqualTo(CircuitBreakerState.CLOSED);
          trip(breaker(resilience));
          assertThat(resilience.flush(Duration.ofSeconds(1))).isTrue();
          assertThat(resilience.status().stateStore().saved()).isPositive();
          assertThat(resilience.status().stateStore().location()).isEqualTo("memory:");
        }
      }
    }

    @Test
    void memoryStore_locationWithMore_isRejected() {
      assertThatThrownBy(() -> StateStore.open("memory:x"))
          .hasMessage("state store location must be 'memory:' exactly: 'memory:x'");
    }
  }
}
