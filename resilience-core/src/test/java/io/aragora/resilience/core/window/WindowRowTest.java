package io.aragora.resilience.core.window;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ring of a time window at the ends of its ranges: epochs that come round, counts that are full, the first and last bucket. */
class WindowRowTest {
  private static final int SPAN = 5;
  private static final int LAST_EPOCH = (1 << 28) - 1;
  private static final long LARGEST_COUNT = (1L << 36) - 1;
  private static final int SHIFT = 10;
  private static final long BUCKET = 1L << SHIFT;

  /** Both layouts: with room before the ring, and without. */
  private static long[] row(boolean isFirst) {
    return isFirst ? WindowRow.first() : WindowRow.padded();
  }

  private static void put(long[] row, int epoch, long count) {
    int index = WindowRow.indexOf(row, epoch);
    assertThat(WindowRow.cas(row, index, WindowRow.read(row, index), WindowRow.word(epoch, count)))
        .isTrue();
  }

  @Test
  void epochOf_time_beginsWithOne_andComesRound() {
    assertThat(WindowRow.epochOf(0, SHIFT)).isEqualTo(1);
    assertThat(WindowRow.epochOf(BUCKET - 1, SHIFT)).isEqualTo(1);
    assertThat(WindowRow.epochOf(BUCKET, SHIFT)).isEqualTo(2);
    assertThat(WindowRow.epochOf((LAST_EPOCH - 1) * BUCKET, SHIFT)).isEqualTo(LAST_EPOCH);
    assertThat(WindowRow.epochOf(LAST_EPOCH * BUCKET, SHIFT)).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, LARGEST_COUNT})
  void word_ofAnyEpoch_hasBothParts(long count) {
    for (int epoch : new int[] {1, 1000, LAST_EPOCH}) {
      long word = WindowRow.word(epoch, count);
      assertThat(WindowRow.epochOf(word)).isEqualTo(epoch);
      assertThat(WindowRow.count(word)).isEqualTo(count);
      assertThat(WindowRow.emptied(word)).isEqualTo(WindowRow.word(epoch, 0));
      assertThat(WindowRow.isSameEpoch(word, WindowRow.word(epoch, 7))).isTrue();
      assertThat(WindowRow.isSameEpoch(word, WindowRow.word(epoch - 1, count))).isFalse();
    }
  }

  @Test
  void limit_tooLarge_isTheLargestCount() {
    assertThat(WindowRow.limit(3, LARGEST_COUNT)).isEqualTo(WindowRow.word(3, LARGEST_COUNT));
    assertThat(WindowRow.limit(3, LARGEST_COUNT + 1)).isEqualTo(WindowRow.word(3, LARGEST_COUNT));
    assertThat(WindowRow.limit(3, 4)).isEqualTo(WindowRow.word(3, 4));
  }

  @Test
  void age_isSigned_andGoesOnWhereEpochsComeRound() {
    assertThat(WindowRow.age(10, WindowRow.word(7, LARGEST_COUNT))).isEqualTo(3);
    assertThat(WindowRow.age(7, WindowRow.word(10, 1))).isEqualTo(-3);
    assertThat(WindowRow.age(1, WindowRow.word(LAST_EPOCH, 1))).isEqualTo(2);
    assertThat(WindowRow.age(LAST_EPOCH, WindowRow.word(1, 1))).isEqualTo(-2);
  }

  @Test
  void isLive_fromOneBucketAheadToTheLastOfTheSpan() {
    assertThat(WindowRow.isLive(-2, SPAN)).isFalse();
    assertThat(WindowRow.isLive(-1, SPAN)).isTrue();
    assertThat(WindowRow.isLive(SPAN - 1, SPAN)).isTrue();
    assertThat(WindowRow.isLive(SPAN, SPAN)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void sums_countEachBucketOnce_theFirstAndTheLastOfTheRingToo(boolean isFirst) {
    for (int present = WindowRow.RING; present <= 3 * WindowRow.RING; present++) {
      long[] row = row(isFirst);
      put(row, present + 1, 1);
      put(row, present, 10);
      put(row, present - 1, 100);
      put(row, present - SPAN + 1, 1_000);
      put(row, present - SPAN, 10_000);
      assertThat(WindowRow.live(row, present, SPAN)).isEqualTo(1_111);
      assertThat(WindowRow.elsewhere(row, present, SPAN)).isEqualTo(1_101);
      assertThat(WindowRow.atAge(row, present, 1)).isEqualTo(100);
      assertThat(WindowRow.atAge(row, present, 2)).isZero();
      assertThat(WindowRow.total(row)).isEqualTo(11_111);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void live_untilEnough_addsTheNewestFirst_andStopsAboveIt(boolean isFirst) {
    long[] row = row(isFirst);
    put(row, 41, 1);
    put(row, 40, 10);
    put(row, 39, 100);
    put(row, 36, 1_000);
    put(row, 35, 10_000);
    assertThat(WindowRow.live(row, 40, SPAN, 0)).isEqualTo(1);
    assertThat(WindowRow.live(row, 40, SPAN, 1)).isEqualTo(11);
    assertThat(WindowRow.live(row, 40, SPAN, 10)).isEqualTo(11);
    assertThat(WindowRow.live(row, 40, SPAN, 11)).isEqualTo(111);
    assertThat(WindowRow.live(row, 40, SPAN, 1_000_000)).isEqualTo(1_111);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatLeftTheRing_isInTheTotalOnly(boolean isFirst) {
    long[] row = row(isFirst);
    put(row, 2, 10);
    assertThat(WindowRow.fold(row, 7)).isFalse();
    assertThat(WindowRow.fold(row, 1)).isFalse();
    assertThat(WindowRow.total(row)).isEqualTo(18);
    assertThat(WindowRow.live(row, 2, SPAN)).isEqualTo(10);
    assertThat(WindowRow.elsewhere(row, 2, SPAN)).isZero();
    assertThat(WindowRow.newest(row, BUCKET, SHIFT)).isEqualTo(BUCKET);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void retired_givesEachCountOnce_andHasNone(boolean isFirst) {
    long[] row = row(isFirst);
    for (int epoch = 1; epoch <= WindowRow.RING; epoch++) {
      put(row, epoch, epoch);
    }
    WindowRow.fold(row, 1_000);
    long given = 0;
    for (int place = 0; place < WindowRow.RING; place++) {
      given += WindowRow.count(WindowRow.retire(row, place));
    }
    assertThat(given).isEqualTo(WindowRow.RING * (WindowRow.RING + 1) / 2);
    assertThat(WindowRow.retireFolded(row)).isEqualTo(1_000);
    assertThat(WindowRow.fold(row, 5)).as("goes elsewhere").isTrue();
    assertThat(WindowRow.total(row)).isZero();
    assertThat(WindowRow.live(row, WindowRow.RING, SPAN)).isZero();
    assertThat(WindowRow.atAge(row, LAST_EPOCH, 0)).as("all bits are set").isZero();
    assertThat(WindowRow.live(row, LAST_EPOCH, SPAN)).isZero();
    assertThat(WindowRow.newest(row, (LAST_EPOCH - 1) * BUCKET, SHIFT)).isEqualTo(-1);
  }

  @Test
  void newest_isTheBeginningOfTheYoungestBucket_noLaterThanNow() {
    long[] row = WindowRow.first();
    long now = 40 * BUCKET + 3;
    assertThat(WindowRow.newest(row, now, SHIFT)).isEqualTo(-1);
    put(row, WindowRow.epochOf(38 * BUCKET, SHIFT), 1);
    assertThat(WindowRow.newest(row, now, SHIFT)).isEqualTo(38 * BUCKET);
    put(row, WindowRow.epochOf(40 * BUCKET, SHIFT), 1);
    assertThat(WindowRow.newest(row, now, SHIFT)).isEqualTo(40 * BUCKET);
    put(row, WindowRow.epochOf(41 * BUCKET, SHIFT), 1);
    assertThat(WindowRow.newest(row, now, SHIFT)).isEqualTo(now);
  }

  @Test
  void newest_moreThanOneBucketAhead_isNotRead() {
    long[] row = WindowRow.first();
    put(row, WindowRow.epochOf(42 * BUCKET, SHIFT), 1);
    assertThat(WindowRow.newest(row, 40 * BUCKET, SHIFT)).isEqualTo(-1);
  }

  @Test
  void empty_anotherWord_staysAsItIs() {
    long[] row = WindowRow.padded();
    put(row, 3, 4);
    int index = WindowRow.indexOf(row, 3);
    assertThat(WindowRow.empty(row, index, WindowRow.word(3, 5))).isFalse();
    assertThat(WindowRow.total(row)).isEqualTo(4);
    assertThat(WindowRow.empty(row, index, WindowRow.word(3, 4))).isTrue();
    assertThat(WindowRow.read(row, index)).isEqualTo(WindowRow.word(3, 0));
  }
}
