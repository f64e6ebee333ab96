package io.aragora.resilience.models;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.core.admission.GrantAgainstLeave;
import io.aragora.resilience.core.admission.WaitAgainstRelease;
import io.aragora.resilience.core.call.CloseAgainstWait;
import io.aragora.resilience.core.time.ParkAgainstPublish;
import io.aragora.resilience.core.timer.CloseAgainstArm;
import io.aragora.resilience.core.window.RetireAgainstCount;
import java.util.List;
import java.util.stream.Stream;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Hand-shakes of shipped classes end well in every schedule that is tried, and the check of each finds the broken classes. */
class HandShakesTest {
  /** Schedules of each hand-shake in each build. */
  private static final int SCHEDULES = 100;

  record Checked(HandShake handShake, List<Mutant> mutants) {
    static Checked of(Class<?> type, Mutant... mutants) {
      return new Checked(new HandShake(type), List.of(mutants));
    }
  }

  static Stream<Checked> checked() {
    return Stream.of(
        Checked.of(
            ParkAgainstPublish.class,
            new Mutant("sleepsWithoutSayingSo", "DriveThread", "wakeAt = next;", "")),
        Checked.of(
            WaitAgainstRelease.class,
            new Mutant(
                "grantsUnderNoCount",
                "WaitQueue",
                "return (long) WORDS.getAndAdd(words, GRANTS, -requests) - requests;",
                "WORDS.setVolatile(words, GRANTS, 0L); return 0;")),
        Checked.of(
            GrantAgainstLeave.class,
            new Mutant(
                "readsOutsideTheLock",
                "WaitQueue",
                "Waiter.State before; lock.lock(); try { before = waiter.state();",
                "Waiter.State before = waiter.state(); lock.lock(); try {")),
        Checked.of(
            CloseAgainstArm.class,
            new Mutant(
                "armsWithoutSecondLook",
                "Timer",
                "if (closed) { endClosed(operation, next); }",
                "")),
        Checked.of(
            CloseAgainstWait.class,
            new Mutant(
                "looksBeforeItEnters",
                "WaitingThreads",
                "threads.add(ThreadKey.current());",
                "boolean closed = this.closed; threads.add(ThreadKey.current());")),
        Checked.of(
            RetireAgainstCount.class,
            new Mutant(
                "readsThenRetires",
                "LongCountWindow",
                "long last = (long) WORD.getAndSet(this, RETIRED);",
                "long last = word; word = RETIRED;")));
  }

  @BeforeAll
  static void compileMutants() {
    Mutant.compile(checked()
        .flatMap(checked -> checked.mutants().stream()
            .flatMap(mutant -> mutant.sources(checked.handShake().type()).stream()))
        .toList());
  }

  static Stream<Arguments> mutants() {
    return checked()
        .flatMap(checked ->
            checked.mutants().stream().map(mutant -> Arguments.of(checked.handShake(), mutant)));
  }

  @ParameterizedTest
  @MethodSource("checked")
  void handShake_ofShippedClasses_endsWell(Checked checked) {
    checked.handShake().checkSchedules(checked.handShake().type(), SCHEDULES * Model.FACTOR);
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void handShake_ofBrokenClass_isFound(HandShake handShake, Mutant mutant) {
    Class<?> broken = mutant.load(handShake.type());

    assertThatThrownBy(() -> handShake.checkSchedules(broken, 10 * SCHEDULES))
        .isInstanceOf(LincheckAssertionError.class);
  }
}
