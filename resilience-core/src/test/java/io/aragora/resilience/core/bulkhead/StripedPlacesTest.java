package io.aragora.resilience.core.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.aragora.resilience.core.admission.AdmissionPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The numbers of places on one thread; how threads meet there is the matter of its stress tests. */
class StripedPlacesTest {
  private static List<Long> takeAll(StripedPlaces places) {
    List<Long> permits = new ArrayList<>();
    for (long permit = places.tryTake();
        permit != AdmissionPolicy.NO_PERMIT;
        permit = places.tryTake()) {
      permits.add(permit);
    }
    return permits;
  }

  private static void giveBack(StripedPlaces places, List<Long> permits) {
    for (long permit : permits) {
      assertThat(places.giveBack(permit)).isTrue();
    }
  }

  /** Asserts that a number of places are free, that none is held, and that no other permit can be given back. */
  private static void assertFree(StripedPlaces places, int stripes, int limit) {
    assertThat(places.inUse()).isZero();
    for (long permit = 1; permit <= stripes; permit++) {
      assertThat(places.giveBack(permit)).as("stray permit %s", permit).isFalse();
    }
    List<Long> permits = takeAll(places);
    assertThat(permits).hasSize(limit).allMatch(places::isPermit);
    assertThat(places.inUse()).isEqualTo(limit);
    giveBack(places, permits);
    assertThat(places.inUse()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 4", "10, 4", "64, 8", "7, 1"})
  void oneThread_getsThePlacesOfAllStripes_andNoMore(int limit, int stripes) {
    StripedPlaces places = new StripedPlaces(limit, stripes);
    assertFree(places, stripes, limit);
    assertThat(places.taken()).isEqualTo(limit);
    assertFree(places, stripes, limit);
    assertThat(places.taken()).isEqualTo(2L * limit);
  }

  @Test
  void stripes_haveAlmostTheSameNumberOfPlaces() {
    StripedPlaces places = new StripedPlaces(10, 4);
    for (int stripe = 0; stripe < 4; stripe++) {
      int taken = 0;
      while (places.tryTakeAt(stripe) != AdmissionPolicy.NO_PERMIT) {
        taken++;
      }
      assertThat(taken).as("stripe %s", stripe).isBetween(2, 3);
    }
  }

  private static int freeOn(StripedPlaces places, int stripe) {
    List<Long> permits = new ArrayList<>();
    for (long permit = places.tryTakeAt(stripe);
        permit != AdmissionPolicy.NO_PERMIT;
        permit = places.tryTakeAt(stripe)) {
      permits.add(permit);
    }
    giveBack(places, permits);
    return permits.size();
  }

  private static void assertFreeOn(StripedPlaces places, int... expected) {
    int[] free = new int[expected.length];
    for (int stripe = 0; stripe < free.length; stripe++) {
      free[stripe] = freeOn(places, stripe);
    }
    assertThat(free).containsExactly(expected);
  }

  @Test
  void places_areOnTheFirstStripe_untilTheyAreDealt() {
    StripedPlaces places = new StripedPlaces(10, 4, false);
    assertFreeOn(places, 10, 0, 0, 0);
    places.resize(2);
    assertFreeOn(places, 12, 0, 0, 0);
    assertFree(places, 4, 12);

    places.deal();
    assertFreeOn(places, 3, 3, 3, 3);
    places.deal();
    assertFreeOn(places, 3, 3, 3, 3);
    assertFree(places, 4, 12);
    places.resize(4);
    assertFreeOn(places, 4, 4, 4, 4);
  }

  @Test
  void places_areDealt_onceHalfOfThemAreFree() {
    StripedPlaces places = new StripedPlaces(10, 2, false);
    List<Long> permits = takeAll(places);
    places.deal();
    assertFreeOn(places, 0, 0);
    giveBack(places, permits.subList(0, 4));
    places.deal();
    assertFreeOn(places, 4, 0);

    giveBack(places, permits.subList(4, 5));
    places.deal();
    assertFreeOn(places, 0, 5);
    assertThat(places.inUse()).isEqualTo(5);
    giveBack(places, permits.subList(5, 10));
    assertFreeOn(places, 5, 5);
    assertFree(places, 2, 10);
  }

  @Test
  void placesOfOneStripe_areNotDealt() {
    StripedPlaces places = new StripedPlaces(4, 1, false);
    places.deal();
    assertFree(places, 1, 4);
  }

  @Test
  void threadsThatMeet_dealThePlaces() throws Exception {
    assumeThat(Runtime.getRuntime().availableProcessors()).isGreaterThan(1);
    StripedPlaces places = new StripedPlaces(10, 2, false);
    long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Thread thread = new Thread(() -> {
        while (!places.isDealt() && System.nanoTime() < until) {
          places.giveBack(places.tryTake());
        }
      });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(places.isDealt()).isTrue();
    assertFreeOn(places, 5, 5);
  }

  @Test
  void placeThatIsGivenBack_isFoundFromEachStripe() {
    StripedPlaces places = new StripedPlaces(8, 4);
    List<Long> permits = takeAll(places);
    for (long given : permits) {
      for (int home = 0; home < 4; home++) {
        assertThat(places.giveBack(given)).isTrue();
        assertThat(places.takeElsewhere(home)).isEqualTo(given);
        assertThat(places.takeElsewhere(home)).isEqualTo(AdmissionPolicy.NO_PERMIT);
      }
    }
    assertThat(places.taken()).isEqualTo(8 + 4 * 8);
  }

  @ParameterizedTest
  @CsvSource({"10, 4, -4", "10, 4, 5", "10, 1, -9", "3, 4, -2", "8, 2, 0"})
  void limitThatChangesWhileAllIsFree_countsAtOnce(int limit, int stripes, int by) {
    StripedPlaces places = new StripedPlaces(limit, stripes);
    places.resize(by);
    assertFree(places, stripes, limit + by);
  }

  @ParameterizedTest
  @CsvSource({"10, 4, 4", "10, 1, 3", "9, 2, 8"})
  void limitThatIsLoweredWhileAllIsHeld_freesNoPlace_untilEnoughCallsHaveEnded(
      int limit, int stripes, int fewer) {
    StripedPlaces places = new StripedPlaces(limit, stripes);
    List<Long> permits = takeAll(places);
    places.resize(-fewer);
    giveBack(places, permits.subList(0, fewer));
    assertThat(takeAll(places)).isEmpty();
    assertThat(places.inUse()).isEqualTo(limit - fewer);
    giveBack(places, permits.subList(fewer, limit));
    assertThat(places.taken()).isEqualTo(limit);
    assertFree(places, stripes, limit - fewer);
  }

  @Test
  void limitThatIsLoweredBelowWhatIsHeld_takesFreePlacesFirst() {
    StripedPlaces places = new StripedPlaces(10, 2);
    List<Long> permits = takeAll(places);
    giveBack(places, permits.subList(0, 3));
    places.resize(-5);
    assertThat(takeAll(places)).isEmpty();
    giveBack(places, permits.subList(3, 5));
    assertThat(takeAll(places)).isEmpty();
    giveBack(places, permits.subList(5, 10));
    assertFree(places, 2, 5);
  }

  @ParameterizedTest
  @CsvSource({"2, 8", "4, 10", "6, 12"})
  void limitThatIsRaisedAgainWhileAllIsHeld_isTheSum(int more, int limit) {
    StripedPlaces places = new StripedPlaces(10, 4);
    List<Long> permits = takeAll(places);
    places.resize(-4);
    places.resize(more);
    permits.addAll(takeAll(places));
    assertThat(permits).hasSize(Math.max(10, limit));
    giveBack(places, permits);
    assertFree(places, 4, limit);
  }
}
