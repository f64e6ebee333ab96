package io.aragora.resilience.core.timer;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.time.TimeSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TickBucketsTest {
  private static final class Idle extends TimerOperation {
    @Override
    protected void onFire(long arming) {}

    @Override
    protected void onTimerClosed(long arming) {}
  }

  private final TickBuckets buckets = new TickBuckets();

  private Idle added(long tick) {
    Idle operation = new Idle();
    buckets.add(operation, tick);
    return operation;
  }

  private Set<TimerOperation> taken(long tick) {
    Set<TimerOperation> all = new HashSet<>();
    for (TimerOperation one = buckets.take(tick); one != null; one = one.nextInBucket) {
      all.add(one);
    }
    return all;
  }

  @Test
  void firstTick_ofNone_isNever() {
    assertThat(buckets.firstTick(0)).isEqualTo(TimeSource.NEVER);
    assertThat(taken(5)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 511, 512, 513, 100_000, 1L << 29})
  void firstTick_afterTheFirstWasTaken_isTheNext_nearOrFar(long distance) {
    added(100);
    TimerOperation next = added(100 + distance + 1);
    added(100 + 2 * distance + 2);
    assertThat(buckets.firstTick(100)).isEqualTo(100);
    taken(100);
    assertThat(buckets.firstTick(101)).isEqualTo(100 + distance + 1);
    buckets.remove(next);
    assertThat(buckets.firstTick(101)).isEqualTo(100 + 2 * distance + 2);
  }

  @Test
  void add_anEarlierTick_isTheFirst_evenBeforeTheFirstWasSearchedFor() {
    added(100);
    added(200);
    taken(100);
    added(150);
    assertThat(buckets.firstTick(100)).isEqualTo(150);
    added(120);
    assertThat(buckets.firstTick(100)).isEqualTo(120);
  }

  @Test
  void remove_firstMiddleAndLast_leavesTheOthers() {
    List<Idle> all = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      all.add(added(7));
    }
    for (int i : new int[] {4, 2, 0}) {
      buckets.remove(all.get(i));
      assertThat(all.get(i).nextInBucket).isNull();
      assertThat(all.get(i).previousInBucket).isNull();
    }
    assertThat(taken(7)).containsExactlyInAnyOrder(all.get(1), all.get(3));
    assertThat(buckets.firstTick(0)).isEqualTo(TimeSource.NEVER);
  }

  @Test
  void clear_passesEachOn_andLeavesNone() {
    Set<TimerOperation> all = Set.of(added(1), added(1), added(2), added(900));
    Set<TimerOperation> cleared = new HashSet<>();
    buckets.clear(cleared::add);
    assertThat(cleared).isEqualTo(all);
    assertThat(buckets.firstTick(0)).isEqualTo(TimeSource.NEVER);
    buckets.clear(cleared::add);
    assertThat(cleared).hasSize(4);
  }

  /** More ticks than buckets are kept for reuse, each used several times. */
  @Test
  void manyTicks_giveBackWhatWasAddedToEach() {
    Random random = new Random(7);
    TreeMap<Long, Set<TimerOperation>> model = new TreeMap<>();
    long present = 0;
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 5_000; i++) {
        long tick = present + random.nextInt(4_000);
        model.computeIfAbsent(tick, each -> new HashSet<>()).add(added(tick));
      }
      while (!model.isEmpty()) {
        assertThat(buckets.firstTick(present)).isEqualTo(model.firstKey());
        present = model.firstKey();
        assertThat(taken(present)).isEqualTo(model.remove(present));
      }
    }
  }
}
