package io.aragora.resilience.testing;

import static io.aragora.resilience.testing.SampleStates.ENTERED_AT;
import static io.aragora.resilience.testing.SampleStates.SAVED_AT;
import static io.aragora.resilience.testing.SampleStates.admitting;
import static io.aragora.resilience.testing.SampleStates.breaker;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.ratelimiter.SavedLimiter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * A JUnit suite for every {@link StateStore}. A plug-in's test extends it and opens its store:
 *
 * <pre>{@code
 * class MyStateStoreTest extends StateStoreContract {
 *   @TempDir Path folder;
 *
 *   @Override
 *   protected StateStore open() throws StateStoreException {
 *     return new MyStateStoreProvider().open("mine:" + folder.resolve("state"));
 *   }
 * }
 * }</pre>
 *
 * <p>Beyond the interface, the suite requires: instants and durations are exact to the microsecond at least; names that differ
 * in case, in trailing spaces or in the composition of a letter are different names, with and without a key; of two states of
 * one breaker, the store keeps the one entered later; different threads may call methods, one after the other.
 */
public abstract class StateStoreContract {
  private static final Comparator<SavedBreaker> BY_NAME = Comparator.comparing(
      (SavedBreaker state) -> List.of(state.name(), String.valueOf(state.key())).toString());

  private final Deque<StateStore> opened = new ArrayDeque<>();

  /** For subclasses. */
  protected StateStoreContract() {}

  /**
   * Opens the store of the running test: an empty one at first, the same one at every further call within that test. The suite
   * closes the returned store.
   *
   * @return an open store
   * @throws StateStoreException if it cannot be opened
   */
  protected abstract StateStore open() throws StateStoreException;

  @AfterEach
  void closeStores() {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  private StateStore store() throws StateStoreException {
    StateStore store = open();
    opened.push(store);
    return store;
  }

  private StateStore reopened(StateStore store) throws StateStoreException {
    store.close();
    return store();
  }

  /**
   * Returns whether the wall clock decides which change is the latest, as {@link SavedBreaker#replaces} does.
   *
   * @return false for a store with a clock of its own, for which the suite skips the case of a wrong wall clock
   */
  protected boolean goesByTheWallClock() {
    return true;
  }

  private static void assertSaved(List<SavedBreaker> expected, StateStore store)
      throws StateStoreException {
    StateStore.Loaded loaded = store.load();
    assertEquals(List.of(), loaded.problems(), "problems");
    assertEquals(
        expected.stream().sorted(BY_NAME).toList(),
        loaded.states().stream().sorted(BY_NAME).toList());
  }

  private void assertRoundTrip(List<SavedBreaker> states) throws StateStoreException {
    StateStore store = store();
    store.save(states);
    assertSaved(states, store);
    assertSaved(states, reopened(store));
  }

  @Test
  @DisplayName("an empty store loads nothing, without problems")
  void load_nothingSaved_isEmpty() throws StateStoreException {
    StateStore store = store();

    assertSaved(List.of(), store);
    assertSaved(List.of(), reopened(store));
  }

  @Test
  @DisplayName("every field is restored, in every state, with and without an end of the cooldown")
  void save_everyState_comesBackWithEveryField() throws StateStoreException {
    List<SavedBreaker> states = new ArrayList<>();
    for (CircuitBreakerState state : CircuitBreakerState.values()) {
      for (Instant openUntil : Arrays.asList(null, SAVED_AT.plusSeconds(61))) {
        states.add(SavedBreaker.builder(state.text() + "/" + openUntil)
            .key(states.size() % 2 == 0 ? null : "key")
            .state(state)
            .generation(states.size())
            .enteredAt(SAVED_AT.minusSeconds(59))
            .openUntil(openUntil)
            .cooldown(openUntil == null ? Duration.ZERO : Duration.ofMinutes(2))
            .cooldownStep(states.size() + 1)
            .consecutiveFailures(states.size() + 2)
            .consecutiveSuccesses(states.size() + 3)
            .probeSuccesses(states.size() + 4)
            .probeFailures(states.size() + 5)
            .openedByHand(states.size() % 3 == 0)
            .totals(CircuitBreakerTotals.builder()
                .successes(1)
                .failures(20)
                .ignored(300)
                .rejected(4_000)
                .late(50_000)
                .build())
            .slowCalls(600_000)
            .declared("declared " + state)
            .savedAt(SAVED_AT)
            .build());
      }
    }

    assertRoundTrip(states);
  }

  @Test
  @DisplayName("the smallest and the largest numbers are restored")
  void save_extremeNumbers_comeBack() throws StateStoreException {
    SavedBreaker zero = SavedBreaker.builder("zero").generation(0).build();
    long most = SavedBreaker.MAX_NUMBER;
    SavedBreaker large = SavedBreaker.builder("large")
        .key("k")
        .state(CircuitBreakerState.HALF_OPEN)
        .generation(most)
        .enteredAt(Instant.parse("2261-12-31T23:59:59.999999Z"))
        .openUntil(SavedBreaker.LATEST)
        .cooldown(SavedBreaker.MAX_COOLDOWN)
        .cooldownStep(SavedBreaker.MAX_COUNT)
        .consecutiveFailures(SavedBreaker.MAX_COUNT)
        .consecutiveSuccesses(most)
        .probeSuccesses(SavedBreaker.MAX_COUNT)
        .probeFailures(SavedBreaker.MAX_COUNT)
        .totals(CircuitBreakerTotals.builder()
            .successes(most)
            .failures(most)
            .ignored(most)
            .rejected(most)
            .late(most)
            .build())
        .slowCalls(most)
        .declared("d".repeat(SavedBreaker.MAX_TEXT))
        .savedAt(Instant.parse("2261-12-31T23:59:59.999999Z"))
        .build();

    assertRoundTrip(List.of(zero, large));
  }

  @Test
  @DisplayName("times finer than microseconds are restored to within a microsecond")
  void save_nanoseconds_comeBackToWithinAMicrosecond() throws StateStoreException {
    Instant before1970 = Instant.parse("1969-12-31T23:59:59.123456789Z");
    Instant after = Instant.parse("2026-03-29T01:30:00.987654321Z");
    Duration cooldown = Duration.ofSeconds(30, 123_456_789);
    SavedBreaker fine = SavedBreaker.builder("fine")
        .state(CircuitBreakerState.OPEN)
        .enteredAt(before1970)
        .openUntil(after)
        .cooldown(cooldown)
        .savedAt(after)
        .build();
    StateStore store = store();
    store.save(List.of(fine));

    SavedBreaker back = reopened(store).load().states().get(0);

    assertClose(Duration.between(before1970, back.enteredAt()));
    assertNotNull(back.openUntil());
    assertClose(Duration.between(after, back.openUntil()));
    assertClose(Duration.between(after, back.savedAt()));
    assertClose(back.cooldown().minus(cooldown));
  }

  private static void assertClose(Duration difference) {
    assertTrue(difference.abs().compareTo(Duration.ofNanos(1_000)) < 0, "off by " + difference);
  }

  @Test
  @DisplayName("names may hold quotes, line breaks, wildcards, emoji, and 10,000 characters")
  void save_strangeNames_comeBackAsTheyWere() throws StateStoreException {
    assertRoundTrip(List.of(
        breaker("it's \"quoted\" `back` \\slash"),
        breaker("'; DROP TABLE circuit_breakers; --"),
        breaker("two\nlines\r\n\tand a tab"),
        breaker("100%_?*:name$1"),
        breaker("\uD83D\uDD25 \u65E5\u672C\u8A9E \u0645\u0631\u062D\u0628\u0627"),
        breaker(" "),
        breaker("x".repeat(10_000)),
        breaker("\uD83D\uDD25".repeat(5_000)),
        breaker("name", "it's \"a\"\nkey"),
        breaker("n".repeat(10_000), "\uD83D\uDD25".repeat(5_000))));
  }

  @Test
  @DisplayName("names that look alike are different names")
  void save_similarNames_areKeptApart() throws StateStoreException {
    assertRoundTrip(List.of(
        breaker("db"),
        breaker("DB"),
        breaker("db "),
        breaker(" db"),
        breaker("caf\u00E9"),
        breaker("cafe\u0301"),
        breaker("1"),
        breaker("01"),
        breaker("1.0"),
        breaker("a:b"),
        breaker("a", "b"),
        breaker("a:b", "c"),
        breaker("a", "b:c"),
        breaker("a", " "),
        breaker("a")));
  }

  @Test
  @DisplayName("a later save of the same name replaces the earlier one and leaves the others")
  void save_sameNameAgain_replacesEveryField() throws StateStoreException {
    StateStore store = store();
    store.save(List.of(breaker("a"), breaker("b")));
    SavedBreaker changed = SavedBreaker.builder("a")
        .generation(3)
        .enteredAt(SAVED_AT.plusSeconds(1))
        .consecutiveFailures(1)
        .consecutiveSuccesses(2)
        .probeSuccesses(3)
        .probeFailures(4)
        .openedByHand(true)
        .totals(CircuitBreakerTotals.builder()
            .successes(21)
            .failures(22)
            .ignored(23)
            .rejected(24)
            .late(25)
            .build())
        .slowCalls(26)
        .declared("other")
        .savedAt(SAVED_AT.plusSeconds(2))
        .build();

    store.save(List.of(changed));

    assertSaved(List.of(changed, breaker("b")), store);
    assertSaved(List.of(changed, breaker("b")), reopened(store));
  }

  @Test
  @DisplayName(
      "a save with the same change of state replaces the row, because counters change after it")
  void save_sameChange_replaces() throws StateStoreException {
    StateStore store = store();
    assertEquals(1, store.save(List.of(breaker("a", 5, SAVED_AT))));
    SavedBreaker later = breaker("a", 5, SAVED_AT.plusSeconds(60));

    assertEquals(1, store.save(List.of(later)));

    assertSaved(List.of(later), store);
  }

  @Test
  @DisplayName(
      "an earlier change does not replace a later one and is not counted; the rest is written")
  void save_earlierChange_keepsTheLater() throws StateStoreException {
    StateStore store = store();
    SavedBreaker later = breaker("a", null, 5, SAVED_AT.minusSeconds(10), SAVED_AT);
    store.save(List.of(later));
    SavedBreaker earlier =
        breaker("a", null, 6, SAVED_AT.minusSeconds(40), SAVED_AT.plusNanos(1_000));

    assertEquals(1, store.save(List.of(earlier, breaker("b"))));

    assertSaved(List.of(later, breaker("b")), store);
  }

  @Test
  @DisplayName(
      "a breaker that never changed does not replace one that did, whenever it was created")
  void save_neverChanged_keepsWhatDid() throws StateStoreException {
    StateStore store = store();
    SavedBreaker changed = breaker("a", null, 2, ENTERED_AT, SAVED_AT);
    store.save(List.of(changed));

    assertEquals(0, store.save(List.of(breaker("a", null, 1, SAVED_AT, SAVED_AT.plusSeconds(1)))));

    assertSaved(List.of(changed), store);
  }

  @Test
  @DisplayName("a state with a time in the future comes from a wrong clock, and is replaced")
  void save_overAStateOfTheFuture_replacesIt() throws StateStoreException {
    assumeTrue(goesByTheWallClock(), "this store does not order changes by the wall clock");
    StateStore store = store();
    Instant future = SAVED_AT.plus(Duration.ofDays(1));
    store.save(List.of(breaker("a", null, 9, future, future)));
    SavedBreaker present = breaker("a", 3, SAVED_AT);

    assertEquals(1, store.save(List.of(present)));

    assertSaved(List.of(present), store);
  }

  @Test
  @DisplayName("breakers that are not closed are loaded first, then the newest")
  void load_order_isByAttentionAndAge() throws StateStoreException {
    StateStore store = store();
    SavedBreaker old = breaker("old", 2, SAVED_AT);
    SavedBreaker recent = breaker("recent", 2, SAVED_AT.plusSeconds(1));
    SavedBreaker disabled =
        admitting("disabled", CircuitBreakerState.DISABLED, SAVED_AT.minusSeconds(1));
    SavedBreaker closed = admitting("closed", CircuitBreakerState.CLOSED, SAVED_AT.plusSeconds(9));
    store.save(List.of(closed, disabled, old, recent));

    assertEquals(List.of(recent, old, disabled, closed), store.load().states());
  }

  @Test
  @DisplayName("an empty batch changes nothing")
  void save_emptyBatch_changesNothing() throws StateStoreException {
    StateStore store = store();
    store.save(List.of(breaker("a")));

    store.save(List.of());

    assertSaved(List.of(breaker("a")), store);
  }

  @Test
  @DisplayName("a batch that fails half-way writes nothing, and the store remains usable")
  void save_batchFailsHalfWay_writesNothing() throws StateStoreException {
    StateStore store = store();
    SavedBreaker before = breaker("a", 2, SAVED_AT);
    store.save(List.of(before));
    List<SavedBreaker> good =
        List.of(breaker("a", 2, SAVED_AT.plusSeconds(1)), breaker("b"), breaker("c", "key"));

    assertThrows(Exception.class, () -> store.save(new EndingBadly<>(good)));

    assertSaved(List.of(before), store);
    store.save(good);
    assertSaved(good, store);
    assertSaved(good, reopened(store));
  }

  @Test
  @DisplayName("purge removes and counts the rows saved strictly before the cut-off")
  void purgeSavedBefore_cutOff_keepsWhatWasSavedExactlyThen() throws StateStoreException {
    StateStore store = store();
    SavedBreaker exactly = breaker("exactly", 1, SAVED_AT);
    SavedBreaker after = breaker("after", 1, SAVED_AT.plusNanos(1_000));
    store.save(List.of(
        breaker("before", 1, SAVED_AT.minusNanos(1_000)),
        breaker("long before", 1, Instant.EPOCH),
        exactly,
        after));

    assertEquals(2, store.purgeSavedBefore(SAVED_AT));

    assertSaved(List.of(exactly, after), store);
    assertSaved(List.of(exactly, after), reopened(store));
  }

  @Test
  @DisplayName("a purge without old rows removes nothing")
  void purgeSavedBefore_nothingThatOld_isZero() throws StateStoreException {
    StateStore store = store();
    assertEquals(0, store.purgeSavedBefore(SAVED_AT));
    store.save(List.of(breaker("a")));

    assertEquals(0, store.purgeSavedBefore(Instant.EPOCH));

    assertSaved(List.of(breaker("a")), store);
  }

  @Test
  @DisplayName("a purged name can be saved again, whatever its earlier state")
  void save_afterPurge_startsAgain() throws StateStoreException {
    StateStore store = store();
    store.save(List.of(breaker("a", 9, Instant.EPOCH)));
    store.purgeSavedBefore(SAVED_AT);

    store.save(List.of(breaker("a", 1, SAVED_AT)));

    assertSaved(List.of(breaker("a", 1, SAVED_AT)), store);
  }

  @Test
  @DisplayName("if the store supports remove, it removes the row of an evicted key and no other")
  void remove_evictedKey_leavesTheOthers() throws StateStoreException {
    StateStore store = store();
    SavedBreaker evicted = breaker("a", "k");
    store.save(List.of(evicted, breaker("a", "l"), breaker("a")));

    int removed = store.remove(List.of(evicted));
    assumeTrue(removed != 0 || isOwn(store, "remove"), "this store does not support remove");
    assertEquals(1, removed);
    assertSaved(List.of(breaker("a", "l"), breaker("a")), store);
    StateStore again = reopened(store);
    assertSaved(List.of(breaker("a", "l"), breaker("a")), again);
    assertEquals(0, again.remove(List.of(evicted)));
  }

  @Test
  @DisplayName("remove leaves a row that another process changed later")
  void remove_rowThatChangedLater_stays() throws StateStoreException {
    StateStore store = store();
    SavedBreaker later = breaker("a", "k", 5, SAVED_AT.minusSeconds(10), SAVED_AT);
    store.save(List.of(later));

    store.remove(
        List.of(breaker("a", "k", 6, SAVED_AT.minusSeconds(40), SAVED_AT.plusNanos(1_000))));

    assertSaved(List.of(later), store);
  }

  @Test
  @DisplayName("closing twice does nothing")
  void close_twice_doesNothing() throws StateStoreException {
    StateStore store = store();
    store.save(List.of(breaker("a")));

    store.close();
    store.close();

    assertSaved(List.of(breaker("a")), store());
  }

  @Test
  @DisplayName("ten thousand states are restored completely")
  void save_tenThousand_comeBackComplete() throws StateStoreException {
    assertRoundTrip(IntStream.range(0, 10_000)
        .mapToObj(i -> breaker("breaker-" + i, i, SAVED_AT))
        .toList());
  }

  private StateStore storeOfLimiters() throws StateStoreException {
    StateStore store = store();
    assumeTrue(
        store.savesLimiters() || isOwn(store, "saveLimiters"), "this store saves no rate limiters");
    assertTrue(
        store.savesLimiters(),
        "savesLimiters must return true, since the store has a saveLimiters of its own");
    return store;
  }

  /**
   * Returns whether a store replaces a default method, which does nothing. Such a store must not be taken for one that does not
   * support it.
   */
  private static boolean isOwn(StateStore store, String method) {
    try {
      return store.getClass().getMethod(method, Collection.class).getDeclaringClass()
          != StateStore.class;
    } catch (NoSuchMethodException e) {
      throw new AssertionError(e);
    }
  }

  private static SavedLimiter.Builder limiter(String name) {
    return SavedLimiter.builder(name)
        .declared("limit=5000, period=PT1H, burst=5000")
        .fullAt(SAVED_AT.plusSeconds(1_000))
        .fillTime(Duration.ofHours(1))
        .maxPause(Duration.ofMinutes(15))
        .savedAt(SAVED_AT);
  }

  private void assertLimiters(List<SavedLimiter> expected, StateStore store)
      throws StateStoreException {
    Comparator<SavedLimiter> byName = Comparator.comparing(SavedLimiter::name);
    for (StateStore each : Arrays.asList(store, null)) {
      StateStore.Loaded loaded = (each == null ? reopened(store) : each).load();
      assertEquals(List.of(), loaded.problems(), "problems");
      assertEquals(
          expected.stream().sorted(byName).toList(),
          loaded.limiters().stream().sorted(byName).toList());
    }
  }

  @Test
  @DisplayName("every field of a rate limiter is restored, beside the breaker of the same name")
  void saveLimiters_everyField_comesBack() throws StateStoreException {
    StateStore store = storeOfLimiters();
    List<SavedLimiter> limiters = List.of(
        limiter("a").pausedUntil(SAVED_AT.plusSeconds(61)).build(),
        limiter("A").build(),
        limiter("a ").build(),
        limiter("it's \"quoted\" \\slash'; --\n\uD83D\uDD25").build(),
        limiter("x".repeat(10_000)).declared("d".repeat(SavedLimiter.MAX_TEXT)).build(),
        limiter("far")
            .fullAt(SavedLimiter.LATEST)
            .pausedUntil(SavedLimiter.EARLIEST)
            .fillTime(SavedLimiter.MAX_LENGTH)
            .maxPause(SavedLimiter.MAX_LENGTH)
            .build());
    store.save(List.of(breaker("a")));

    store.saveLimiters(limiters);

    assertEquals(List.of(breaker("a")), store.load().states());
    assertLimiters(limiters, store);
  }

  @Test
  @DisplayName("of two saves of one limiter, the later instants stay: the level is that of both")
  void saveLimiters_again_laterInstantsStay() throws StateStoreException {
    StateStore store = storeOfLimiters();
    SavedLimiter paused = limiter("a").pausedUntil(SAVED_AT.plusSeconds(60)).build();
    SavedLimiter other = limiter("a")
        .fullAt(SAVED_AT.plusSeconds(900))
        .savedAt(SAVED_AT.plusSeconds(5))
        .build();
    store.saveLimiters(List.of(paused, limiter("b").build()));

    store.saveLimiters(List.of(other));

    assertLimiters(
        List.of(
            paused.toBuilder().savedAt(SAVED_AT.plusSeconds(5)).build(),
            limiter("b").build()),
        store);
  }

  @Test
  @DisplayName("a level of other settings, a row of the future and an ended pause are replaced")
  void saveLimiters_overWhatDoesNotCount_replacesIt() throws StateStoreException {
    StateStore store = storeOfLimiters();
    store.saveLimiters(List.of(
        limiter("other settings").declared("limit=1").build(),
        limiter("future").savedAt(SAVED_AT.plus(Duration.ofDays(1))).build(),
        limiter("resumed").pausedUntil(SAVED_AT.plusSeconds(60)).build()));
    List<SavedLimiter> present = List.of(
        limiter("other settings").fullAt(SAVED_AT).build(),
        limiter("future").fullAt(SAVED_AT).build(),
        limiter("resumed").pausedUntil(SAVED_AT).build());

    store.saveLimiters(present);

    assertLimiters(present, store);
  }

  @Test
  @DisplayName("a batch of limiters that fails half-way writes nothing")
  void saveLimiters_batchFailsHalfWay_writesNothing() throws StateStoreException {
    StateStore store = storeOfLimiters();
    SavedLimiter before = limiter("a").build();
    store.saveLimiters(List.of(before));
    List<SavedLimiter> good = List.of(
        limiter("a").fullAt(SAVED_AT.plusSeconds(2_000)).build(), limiter("b").build());

    assertThrows(Exception.class, () -> store.saveLimiters(new EndingBadly<>(good)));
    store.saveLimiters(List.of());

    assertLimiters(List.of(before), store);
  }

  @Test
  @DisplayName("purge removes a limiter only once its level was full and its pause over by then")
  void purgeSavedBefore_limiters_stayWhileTheyMatter() throws StateStoreException {
    StateStore store = storeOfLimiters();
    Instant longAgo = SAVED_AT.minus(Duration.ofDays(9));
    SavedLimiter old = limiter("old").savedAt(longAgo).fullAt(longAgo).build();
    List<SavedLimiter> stay = List.of(
        limiter("saved").fullAt(longAgo).build(),
        old,
        limiter("filling").savedAt(longAgo).build(),
        limiter("paused").savedAt(longAgo).fullAt(longAgo).pausedUntil(SAVED_AT).build());
    store.saveLimiters(stay);

    assertEquals(1, store.purgeSavedBefore(SAVED_AT));

    assertLimiters(
        stay.stream().filter(limiter -> !limiter.name().equals("old")).toList(), store);
  }

  @Test
  @DisplayName("what one thread saves, the next thread loads")
  void load_onAnotherThread_seesWhatWasSaved() throws Exception {
    StateStore store = store();
    store.save(List.of(breaker("a")));
    FutureTask<StateStore.Loaded> loading = new FutureTask<>(store::load);
    new Thread(loading, "contract-load").start();

    assertEquals(List.of(breaker("a")), loading.get().states());
  }
}
