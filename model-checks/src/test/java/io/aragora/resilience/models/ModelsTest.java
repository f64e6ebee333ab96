package io.aragora.resilience.models;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.core.admission.CellLevelModel;
import io.aragora.resilience.core.admission.LeasedSlotsModel;
import io.aragora.resilience.core.admission.WaitQueueModel;
import io.aragora.resilience.core.bulkhead.StripedPlacesModel;
import io.aragora.resilience.core.circuitbreaker.BreakerModel;
import io.aragora.resilience.core.timer.TimerModel;
import io.aragora.resilience.core.window.LongCountWindowModel;
import io.aragora.resilience.core.window.ShortCountWindowModel;
import io.aragora.resilience.core.window.TimeWindowModel;
import java.util.List;
import java.util.stream.Stream;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Shipped classes are linearizable, and the check of each finds the classes that are broken. */
class ModelsTest {
  /** Schedules of each scenario in each build. */
  private static final int SCHEDULES = 100;

  /** Runs of each scenario without control in each build. */
  private static final int RUNS = 200;

  record Checked(Model model, List<Mutant> mutants) {
    static Checked of(Model model, Mutant... mutants) {
      return new Checked(model, List.of(mutants));
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
                "take(1, 0) | giveBack(1) take(1, 1) | take(2, 0) |",
                "take(1, 0) take(2, 1) | resize() | giveBack(1) take(1, 0) | take(0, 0) giveBack(2) take(0, 0)",
                "take(1, 0) | resize() resize() | giveBack(1) take(1, 0) | take(0, 0) take(2, 0)"),
            new Mutant(
                "isFullAfterOneLook",
                "StripedPlaces",
                "} else if (mask == 0 || look == before) {",
                "} else if (look >= 0) {"),
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
                "    } while (!casWord(word, CellRate.NONE));",
                "    } while (word == CellRate.NONE);")),
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
                "acquire(0) end(0, 1) cool() | acquire(1) | acquire(2) | state()",
                "acquire(1) acquire(2) | end(1, 1) cool() acquire(1) | end(2, 1) | acquire(0) state()",
                "acquire(0) end(0, 1) cool() | acquire(1) end(1, 0) | acquire(2) end(2, 1) | state()",
                "acquire(0) acquire(2) end(0, 1) cool() | acquire(1) end(1, 2) | end(2, 1) acquire(2) | state()")),
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

  static Stream<Arguments> mutants() {
    return checked()
        .flatMap(checked ->
            checked.mutants().stream().map(mutant -> Arguments.of(checked.model(), mutant)));
  }

  @ParameterizedTest
  @MethodSource("checked")
  void operations_ofShippedClass_areLinearizable(Checked checked) {
    checked
        .model()
        .checkSchedules(
            checked.model().type(), SCHEDULES * Model.FACTOR, Model.FACTOR > 1 ? 20 : 1);
  }

  /**
   * Not the breaker: its clock may lag behind by what a thread that was held up has read, and the time of this check jumps by more
   * than any thread is held up.
   */
  static Stream<Checked> stressed() {
    return checked().filter(checked -> checked.model().type() != BreakerModel.class);
  }

  @ParameterizedTest
  @MethodSource("stressed")
  void operations_ofShippedClass_areLinearizableUnderStress(Checked checked) {
    checked.model().stress(checked.model().type(), RUNS * Model.FACTOR);
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void operations_ofBrokenClass_areFoundNotLinearizable(Model model, Mutant mutant) {
    Class<?> broken = mutant.load(model.type());

    assertThatThrownBy(() -> {
          model.checkSchedules(broken, 20 * SCHEDULES, 0);
          // What few schedules show, threads that run freely may show.
          model.stress(broken, 50 * RUNS);
        })
        .isInstanceOf(LincheckAssertionError.class);
  }
}
