package io.aragora.resilience.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.internal.ReadableBreaker.Place;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BreakerSeriesTest {
  private final BreakerSeries breakers = new BreakerSeries(2);
  private final Fakes.Runtime runtime = new Fakes.Runtime("shop");

  @Test
  void read_countsWentBack_keepsTheLargerOfEach() {
    AtomicReference<CircuitBreakerTotals> totals = new AtomicReference<>(calls(5, 1));
    show(Fakes.breaker("a", totals));
    totals.set(calls(4, 2));

    BreakerReading reading = show(Fakes.breaker("a", totals));

    assertThat(reading.count(0, Place.SUCCESSES)).isEqualTo(5);
    assertThat(reading.count(0, Place.FAILURES)).isEqualTo(2);
  }

  @Test
  void read_nameVanishedAndCameBack_startsAgain() {
    show(breaker("a", 5));
    assertThat(show().size()).isZero();

    assertThat(show(breaker("a", 1)).count(0, Place.SUCCESSES)).isEqualTo(1);
  }

  @Test
  void read_breakersComeAndGo_eachKeepsItsNumbers() {
    show(breaker("b", 5), breaker("d", 7));

    BreakerReading without = show(breaker("d", 6));
    assertThat(names(without)).containsExactly("d");
    assertThat(without.count(0, Place.SUCCESSES)).isEqualTo(7);

    BreakerReading more = show(breaker("d", 6), breaker("c", 1));
    assertThat(names(more)).containsExactly("c", "d");
    assertThat(more.count(0, Place.SUCCESSES)).isEqualTo(1);
    assertThat(more.count(1, Place.SUCCESSES)).isEqualTo(7);
  }

  @Test
  void read_sameNumberOfOthersAndAnotherOrder_eachItsNumbers() {
    show(breaker("b", 5), breaker("d", 7));

    BreakerReading turned = show(breaker("d", 8), breaker("b", 6));
    assertThat(names(turned)).containsExactly("b", "d");
    assertThat(turned.count(0, Place.SUCCESSES)).isEqualTo(6);

    BreakerReading replaced = show(breaker("a", 1), breaker("b", 7));
    assertThat(names(replaced)).containsExactly("a", "b");
    assertThat(replaced.count(0, Place.SUCCESSES)).isEqualTo(1);
    assertThat(replaced.count(1, Place.SUCCESSES)).isEqualTo(7);
  }

  @Test
  void read_moreNamesThanRoom_firstByNameAndTheSumOfTheRest() {
    BreakerReading reading =
        show(breaker("d", 8), breaker("c", 4), breaker("b", 2), breaker("a", 1));

    assertThat(names(reading)).containsExactly("a", "b", "other");
    assertThat(reading.count(2, Place.SUCCESSES)).isEqualTo(12);
    assertThat(reading.state(0)).isZero();
    assertThat(reading.state(2)).isEqualTo(BreakerReading.NO_STATE);
  }

  @Test
  void read_placeBecomesFree_nextNameTakesItAndTheRestDoesNotGoBack() {
    show(breaker("a", 1), breaker("b", 2), breaker("c", 4), breaker("d", 8));

    BreakerReading reading = show(breaker("b", 2), breaker("c", 4), breaker("d", 8));

    assertThat(names(reading)).containsExactly("b", "c", "other");
    assertThat(reading.count(2, Place.SUCCESSES)).isEqualTo(12);
  }

  @Test
  void read_breakerIsCalledOther_sharesTheSeriesOfTheRest() {
    BreakerReading reading = show(breaker("other", 1), breaker("b", 2), breaker("z", 4));

    assertThat(names(reading)).containsExactly("b", "other");
    assertThat(reading.count(1, Place.SUCCESSES)).isEqualTo(5);
    assertThat(reading.state(1)).isZero();

    reading = show(breaker("b", 2), breaker("y", 4), breaker("z", 4));
    assertThat(names(reading)).containsExactly("b", "other", "y");
    assertThat(reading.count(1, Place.SUCCESSES)).isEqualTo(5);
    assertThat(reading.state(1)).isEqualTo(BreakerReading.NO_STATE);
  }

  @Test
  void read_namesThatLookAlikeWhenWritten_oneSeriesWithTheSum() {
    BreakerReading reading =
        show(breaker("x\uD83D", 1), breaker("x\uDE00", 2), breaker("x?", 4), breaker("y", 8));

    assertThat(names(reading)).containsExactly("x?", "y");
    assertThat(reading.count(0, Place.SUCCESSES)).isEqualTo(7);
    assertThat(names(show(breaker("x\uD83D", 1), breaker("y", 8)))).containsExactly("x?", "y");
  }

  @Test
  void read_transitionsOfTheRest_areSummedUpAndDoNotGoBack() {
    AtomicReference<CircuitBreakerTotals> totals = new AtomicReference<>(calls(1, 1));
    CircuitBreaker first = Fakes.breaker("c", CircuitBreakerState.CLOSED, 2, 1, 1, totals);
    CircuitBreaker second = Fakes.breaker("d", CircuitBreakerState.CLOSED, 3, 1, 1, totals);
    BreakerReading reading = show(breaker("a", 1), breaker("b", 1), first, second);
    assertThat(reading.changes(0)).isNull();
    assertThat(reading.changes(2)).contains(5);
    assertThat(reading.changes(2)[StateChanges.TRIP]).isEqualTo(5);

    reading = show(breaker("a", 1), breaker("b", 1), first);
    assertThat(reading.changes(2)[StateChanges.TRIP]).isEqualTo(5);
  }

  @Test
  void read_failed_theNextOneIsRight() {
    show(breaker("b", 5), breaker("d", 7));
    CircuitBreaker broken = Fakes.breaker("a", new AtomicReference<>());
    assertThatThrownBy(() -> show(broken, breaker("d", 1))).isInstanceOf(RuntimeException.class);

    BreakerReading reading = show(breaker("d", 1), breaker("b", 1));

    assertThat(names(reading)).containsExactly("b", "d");
    assertThat(reading.count(1, Place.SUCCESSES)).isEqualTo(7);
  }

  private BreakerReading show(CircuitBreaker... present) {
    runtime.breakers.clear();
    runtime.breakers.addAll(List.of(present));
    return breakers.read(runtime.resilience());
  }

  private static List<String> names(BreakerReading reading) {
    return IntStream.range(0, reading.size()).mapToObj(reading::name).toList();
  }

  private static CircuitBreaker breaker(String name, long successes) {
    return Fakes.breaker(name, new AtomicReference<>(calls(successes, 0)));
  }

  private static CircuitBreakerTotals calls(long successes, long failures) {
    return CircuitBreakerTotals.builder()
        .successes(successes)
        .failures(failures)
        .build();
  }
}
