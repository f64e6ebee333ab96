package io.aragora.resilience.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.core.admission.CellLevelModel;
import io.aragora.resilience.core.admission.LeasedSlotsModel;
import io.aragora.resilience.core.admission.WaitQueueModel;
import io.aragora.resilience.core.bulkhead.StripedPlacesModel;
import io.aragora.resilience.core.circuitbreaker.BreakerModel;
import io.aragora.resilience.core.circuitbreaker.ReconfigurationModel;
import io.aragora.resilience.core.concurrencylimit.LimitedPlacesModel;
import io.aragora.resilience.core.ratelimiter.ExactRingModel;
import io.aragora.resilience.core.timeout.LimitTableModel;
import io.aragora.resilience.core.timer.TimerModel;
import io.aragora.resilience.core.window.LongCountWindowModel;
import io.aragora.resilience.core.window.ShortCountWindowModel;
import io.aragora.resilience.core.window.TimeWindowModel;
import java.util.List;
import java.util.stream.Stream;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Shipped classes are linearizable, and the check of each finds the classes that are broken. */
class ModelsTest {
  /** Schedules of each scenario in each build. */
  private static final int SCHEDULES = 100;

  /** Runs of each scenario without control, times the factor. */
  private static final int RUNS = 200;

  record Checked(Model model, List<Mutant> mutants) {
    static Checked of(Model model, Mutant... mutants) {
      return new Checked(model, List.of(mutants));
    }

    /** Returns the mutants that are compiled and checked: in each build the first one, which shows that the check finds faults. */
    List<Mutant> present() {
      return Model.FACTOR > 1 ? mutants : mutants.subList(0, 1);
    }
  }

  static Stream<Checked> checked() {
    return Stream.of(
        Checked.of(
            Model.of(
                TimerModel.class,
                "arm(2) drive() | drive() drive() | cancel() | drive()",
                "drive() | arm(1) cancel() | drive() drive() | drive() drive() drive()",
                "arm(3) | cancel() | drive() drive() | drive()"),
            new Mutant(
                "firesWhatWasCancelled",
                "Timer",
                "      if (operation.casWord(word, TimerOperation.with(word, FIRED))) {",
                """
                      operation.casWord(word, TimerOperation.with(word, FIRED));
                      if (true) {""")),
        Checked.of(
            Model.of(
                LeasedSlotsModel.class,
                "| claim(1) release(1) | claim(2) release(2) |",
                "claim(1) | releaseExpired() claim(2) | release(1) claim(1) | claim(0)",
                "claim(1) | release(1) | claim(2) | claim(3) |"),
            new Mutant(
                "claimsWithoutCas",
                "LeasedSlots",
                "        if (words.compareAndSet(slot, word, (start << SEQUENCE_BITS) | (claim & SEQUENCE_MASK))) {",
                """
                        words.set(slot, (start << SEQUENCE_BITS) | (claim & SEQUENCE_MASK));
                        if (true) {"""),
            new Mutant(
                "releasesAnyCall",
                "LeasedSlots",
                "return !isFree(word) && ((word ^ claim) & SEQUENCE_MASK) == 0 ? word : 0;",
                "return !isFree(word) ? word : 0;")),
        Checked.of(
            Model.of(
                StripedPlacesModel.class,
                "deal() take(1, 0) | giveBack(1) take(1, 1) | take(2, 0) |",
                "deal() take(1, 0) take(2, 1) | resize() | giveBack(1) take(1, 0) | take(0, 0) giveBack(2) take(0, 0)",
                "deal() take(1, 0) | resize() resize() | giveBack(1) take(1, 0) | take(0, 0) take(2, 0)",
                "take(1, 0) | deal() | giveBack(1) take(1, 1) | take(0, 0) take(2, 0)",
                "| take(1, 0) giveBack(1) | take(2, 0) | take(1, 0) take(0, 1)"),
            new Mutant(
                "isFullAfterOneLook",
                "StripedPlaces",
                "} else if (mask == 0 || look == before) {",
                "} else if (look >= 0) {"),
            new Mutant(
                "isFullAlthoughPlacesMoved",
                "StripedPlaces",
                "return isDealt || isChanging(found) ?",
                "return isChanging(found) ?"),
            new Mutant(
                "isFullWhileTheLimitIsLowered",
                "StripedPlaces",
                "      if (isChanging) {",
                "      if (look < 0) {"),
            new Mutant(
                "takesWithoutCas",
                "StripedPlaces",
                "      if (WORD.compareAndSet(words, at, word, word - 1)) {",
                """
                      WORD.setVolatile(words, at, word - 1);
                      if (true) {"""),
            new Mutant(
                "isLoweredWithoutEpoch",
                "StripedPlaces",
                "return (word & ~EPOCH_MASK) | ((word + by) & EPOCH_MASK);",
                "return word;")),
        Checked.of(
            Model.of(
                CellLevelModel.class,
                "take(2) | take(2) available() | take(1) take(1) | available()",
                "take(3) | change(true) take(1) | take(2) available() | available()",
                "| lower(1) take(1) | take(3) take(1) | available()"),
            new Mutant("takesWithoutCas", "CellLevel", """
                      } else if (casWord(word, next)) {
                        return true;""", """
                      } else {
                        setWord(next);
                        return true;"""),
            new Mutant(
                "changesRateBesideLevel",
                "CellLevel",
                "      if (casWord(word, CellRate.NONE)) {",
                "      if (word != CellRate.NONE) {")),
        Checked.of(
            Model.of(
                ShortCountWindowModel.class,
                "count(1) | count(0) read() | count(3) read() | read()",
                "count(1) | count(1) count(0) | retire() | read()"),
            new Mutant(
                "pushesWithoutCas",
                "ShortCountWindow",
                "      if (WORD.compareAndSet(this, present, next)) {",
                """
                      word = next;
                      if (true) {""")),
        Checked.of(
            Model.of(
                LongCountWindowModel.class,
                "| count(0) | count(0) | read()",
                "| count(0) read() | count(0) count(3) | read()",
                "| count(0) count(1) | retire() | read()"),
            new Mutant(
                "pushesWithoutCas",
                "LongCountWindow",
                "      if (WORD.compareAndSet(this, present, word(following, failed, slow))) {",
                """
                      word = word(following, failed, slow);
                      if (true) {""")),
        Checked.of(
            Model.of(
                TimeWindowModel.class,
                "| count(0) | count(1) |",
                "count(0) | count(0) | retire() |",
                "count(1) passWindow() | count(1) count(1) | retire() |",
                "count(0) passWindow() | count(0) | sweep() | count(0)"),
            new Mutant(
                "addsRowWithoutCas",
                "TimeWindow",
                "if (ROWS.compareAndSet(this, all, grown)) {",
                "rows = grown; if (true) {")),
        Checked.of(
            Model.of(
                BreakerModel.class,
                "acquire(0) end(0, 1) cool() | acquire(1) end(1, 0) | acquire(2) | state()",
                "acquire(1) acquire(2) | end(1, 1) cool() acquire(1) | end(2, 1) | acquire(0) state()",
                "acquire(0) end(0, 1) cool() | acquire(1) end(1, 0) | acquire(2) end(2, 1) | state()",
                "acquire(0) acquire(2) end(0, 1) cool() | acquire(1) end(1, 2) | end(2, 1) acquire(2) | state()"),
            new Mutant(
                    "replacesWithoutCas",
                    "CoreCircuitBreaker",
                    "    if (!PHASE.compareAndSet(this, before, next)) {",
                    "    phase = next; if (false) {")
                .in(0)),
        Checked.of(
            Model.of(
                ReconfigurationModel.class,
                "begin(1) end(1, true) begin(1) | end(1, true) | change(true) | read()",
                "begin(0) end(0, true) | begin(1) end(1, false) begin(1) end(1, true) | change(true) change(false) | read()",
                "halfOpen() begin(1) | end(1, false) | change(true) | read()",
                "begin(1) begin(2) | end(1, true) | end(2, false) | change(true) | read()"),
            new Mutant(
                    "losesWhatTheOldWindowRejects",
                    "CoreCircuitBreaker",
                    "      if (since == present) {",
                    "      if (since != null) {")
                .in(0),
            new Mutant(
                    "forgetsMovedFailures",
                    "CoreCircuitBreaker",
                    "      consecutiveFailures = present.window().addConsecutiveFailure();",
                    "      return;")
                .in(0),
            new Mutant(
                    "judgesAProbeOnce",
                    "CoreCircuitBreaker",
                    "      follow(since, underOthers.judgeAgain(), failure);",
                    "")
                .in(2)),
        Checked.of(
            Model.of(
                ExactRingModel.class,
                "| take() | take() | available()",
                "take() | take() available() | change(true) take() | available()",
                "take() pass() | take() | pass() take() | available()",
                "| lower(1) take() | change(true) take() | available()"),
            new Mutant(
                    "takesWithoutCas",
                    "ExactRing",
                    "        if (present.casSlot(ticket, slot, present.stamped(ticket, 0, ceil(now)))) {",
                    """
                        SLOTS.setVolatile(
                            present.slots,
                            (int) (ticket % present.limit),
                            present.stamped(ticket, 0, ceil(now)));
                        if (true) {""")
                .in(0),
            new Mutant("judgesWithoutLap", "ExactRing", """
                      if (behind == 0) {
                        present.next(ticket);
                      } else if (behind == 1) {
                        long now""", """
                      if (behind == 0 || behind == 1) {
                        long now""").in(0),
            new Mutant(
                    "changesWithoutFreezing",
                    "ExactRing",
                    "&& ring.casSlot(ticket, slot, ring.stamped(ticket, FROZEN, slot & TIME_MASK))",
                    "")
                .in(1)),
        Checked.of(
            Model.of(
                LimitedPlacesModel.class,
                "take(1, false) | giveBack(1) take(1, true) | take(2, false) | inUse()",
                "take(1, false) | take(2, false) | resize(true) inUse() | inUse()",
                "take(1, false) | take(2, false) | endWindow() | most()"),
            new Mutant(
                "takesWithoutCas",
                "LimitedPlaces",
                "      if (WORDS.compareAndSet(words, WORD, word, word + 1)) {",
                """
                      WORDS.setVolatile(words, WORD, word + 1);
                      if (true) {"""),
            new Mutant("limitsWithoutCas", "LimitedPlaces", """
                    } while (!WORDS.compareAndSet(
                        words, WORD, word, ((long) limit << LIMIT_SHIFT) | (word & 0xFFFF_FFFFL)));""", """
                    } while (word == -1);
                    WORDS.setVolatile(words, WORD, ((long) limit << LIMIT_SHIFT) | (word & 0xFFFF_FFFFL));""").in(1),
            new Mutant("looksBeforeItClears", "LimitedPlaces", """
                    int most = (int) (long) WORDS.getAndSet(words, MOST, 0L);
                    noteHeld(inUse());""", """
                    int held = inUse();
                    int most = (int) (long) WORDS.getAndSet(words, MOST, 0L);
                    noteHeld(held);""").in(2)),
        Checked.of(
            Model.of(
                LimitTableModel.class,
                "| begin(1, true) | begin(2, true) | drive() drive() end(1) end(2)",
                "begin(0, true) drive() | begin(1, true) | drive() drive() | drive() end(1) inTime()",
                "begin(1, true) drive() | end(1) begin(1, false) | drive() | drive() end(1) inTime()",
                "begin(0, false) | begin(1, true) end(1) | drive() drive() | end(0) inTime()",
                "drive() drive() | begin(1, true) | begin(2, true) drive() end(2) | inTime()"),
            new Mutant(
                    "reliesOnAnArmingThatMayFail",
                    "LimitTable",
                    "PATROL_AT.compareAndSet(this, TimeSource.NEVER, ARMING)",
                    "PATROL_AT.compareAndSet(this, TimeSource.NEVER, deadline)")
                .in(4),
            new Mutant(
                    "trustsAPatrolThatLooks", "LimitTable", "patrol > CLOSED", "patrol != CLOSED")
                .in(1),
            new Mutant(
                    "growsWithoutCas",
                    "LimitTable",
                    "    SLOTS.compareAndSet(this, present, more);",
                    "    slots = more;")
                .in(0)),
        Checked.of(
            Model.of(
                WaitQueueModel.class,
                "add(0) | release() | leave(0) | size()",
                "add(0) | release() leave(1) | add(1) add(2) | size()"),
            new Mutant("readsOutsideTheLock", "WaitQueue", """
                    Waiter.State before;
                    lock.lock();
                    try {
                      before = waiter.state();""", """
                    Waiter.State before = waiter.state();
                    lock.lock();
                    try {""")));
  }

  @BeforeAll
  static void compileMutants() {
    Mutant.compile(checked()
        .flatMap(checked -> checked.present().stream()
            .flatMap(mutant -> mutant.sources(checked.model().type()).stream()))
        .toList());
  }

  static Stream<Arguments> mutants() {
    return checked()
        .flatMap(checked ->
            checked.present().stream().map(mutant -> Arguments.of(checked.model(), mutant)));
  }

  /** Also those that are checked once a week. */
  @ParameterizedTest
  @MethodSource("checked")
  void mutants_fitTheShippedClass(Checked checked) {
    assertThat(checked.mutants())
        .isNotEmpty()
        .allSatisfy(mutant -> assertThat(mutant.sources(checked.model().type())).isNotEmpty());
  }

  @ParameterizedTest
  @MethodSource("checked")
  void operations_ofShippedClass_areLinearizable(Checked checked) {
    checked
        .model()
        .checkSchedules(
            checked.model().type(), SCHEDULES * Model.FACTOR, Model.FACTOR > 1 ? 20 : 1);
  }

  static boolean isLong() {
    return Model.FACTOR > 1;
  }

  /**
   * Not the breaker: its clock may lag behind by what a thread that was held up has read, and the time of this check jumps by more
   * than any thread is held up.
   */
  static Stream<Checked> stressed() {
    return checked().filter(checked -> checked.model().type() != BreakerModel.class);
  }

  /** Not in each build, which has the stress tests of these classes. */
  @ParameterizedTest
  @MethodSource("stressed")
  @EnabledIf("isLong")
  void operations_ofShippedClass_areLinearizableUnderStress(Checked checked) {
    checked.model().stress(checked.model().type(), RUNS * Model.FACTOR);
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void operations_ofBrokenClass_areFoundNotLinearizable(Model model, Mutant mutant) {
    Class<?> broken = mutant.load(model.type());
    Model shown = model.only(mutant.scenario());

    assertThatThrownBy(() -> {
          shown.checkSchedules(broken, 20 * SCHEDULES, 0);
          // What few schedules show, threads that run freely may show.
          shown.stress(broken, 50 * RUNS);
        })
        .isInstanceOf(LincheckAssertionError.class);
  }
}
