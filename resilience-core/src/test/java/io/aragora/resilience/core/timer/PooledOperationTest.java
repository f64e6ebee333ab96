package io.aragora.resilience.core.timer;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jctools.queues.varhandle.MpscUnboundedVarHandleArrayQueue;
import org.junit.jupiter.api.Test;

class PooledOperationTest {
  private static final Duration LIMIT = Duration.ofSeconds(1);
  private static final Duration SHORT = Duration.ofMillis(10);
  private static final int LINE = 16;

  private final ManualTime time = ManualTime.create();
  private int overflown;

  private final Timer timer = new Timer("test", time, new MpscUnboundedVarHandleArrayQueue<>(1024) {
    @Override
    public boolean offer(TimerOperation operation) {
      overflown++;
      return super.offer(operation);
    }
  });
  private final Call call = new Call();
  private final Call next = new Call();

  private static final class Call implements PooledOperation.Owner {
    int fired;
    int closed;

    @Override
    public void onFire() {
      fired++;
    }

    @Override
    public void onTimerClosed() {
      closed++;
    }
  }

  private long arm(PooledOperation operation) {
    return timer.arm(operation, time.nanoTime() + LIMIT.toNanos());
  }

  @Test
  void giveBack_inTime_leavesTheOperationToTheNextCall() {
    PooledOperation operation = timer.pool().take(call);
    assertThat(timer.pool().giveBack(operation, arm(operation))).isTrue();
    assertThat(operation.owner).as("a call that has ended can be collected").isNull();
    assertThat(timer.pool().take(next)).isSameAs(operation);
    arm(operation);
    time.advance(LIMIT.plus(SHORT));
    assertThat(call.fired).isZero();
    assertThat(next.fired).isEqualTo(1);
  }

  @Test
  void giveBack_afterItFired_isFalse_andTheOperationStaysWithItsCall() {
    PooledOperation operation = timer.pool().take(call);
    long arming = arm(operation);
    time.advance(LIMIT.plus(SHORT));
    assertThat(call.fired).isEqualTo(1);
    assertThat(timer.pool().giveBack(operation, arming)).isFalse();
    assertThat(timer.pool().take(next)).isNotSameAs(operation);
    arm(operation);
    time.advance(LIMIT.plus(SHORT));
    assertThat(call.fired).isEqualTo(2);
  }

  @Test
  void giveBack_ofTheArmingBefore_leavesTheNextCallArmed() {
    PooledOperation operation = timer.pool().take(call);
    long arming = arm(operation);
    timer.pool().giveBack(operation, arming);
    arm(timer.pool().take(next));
    assertThat(timer.pool().giveBack(operation, arming)).isFalse();
    time.advance(LIMIT.plus(SHORT));
    assertThat(next.fired).isEqualTo(1);
  }

  @Test
  void callsOneAfterTheOther_needOneOperation_andNoRoomInTheQueue() {
    PooledOperation first = timer.pool().take(call);
    timer.pool().giveBack(first, arm(first));
    for (int i = 0; i < 2 * Timer.QUEUE_CAPACITY; i++) {
      PooledOperation operation = timer.pool().take(call);
      assertThat(operation).isSameAs(first);
      timer.pool().giveBack(operation, arm(operation));
    }
    assertThat(overflown).isZero();
  }

  @Test
  void giveBack_moreThanALineHolds_unlinksTheRest() {
    List<PooledOperation> operations =
        Stream.generate(() -> timer.pool().take(call)).limit(LINE + 3).toList();
    List<Long> armings = operations.stream().map(this::arm).toList();
    time.advance(SHORT);
    for (int i = 0; i < operations.size(); i++) {
      assertThat(timer.pool().giveBack(operations.get(i), armings.get(i))).isTrue();
    }
    time.advance(LIMIT.dividedBy(2));
    assertThat(operations.stream().filter(operation -> TimerOperation.isLinked(operation.word())))
        .hasSize(LINE);
    time.advance(LIMIT);
    assertThat(operations.stream().filter(operation -> TimerOperation.isLinked(operation.word())))
        .isEmpty();
    assertThat(call.fired).isZero();
  }

  @Test
  void armedForLonger_operationThatIsLinkedEarly_firesInTime() {
    PooledOperation operation = timer.pool().take(call);
    long arming = timer.arm(operation, time.nanoTime() + SHORT.toNanos());
    time.advance(SHORT.dividedBy(2));
    timer.pool().giveBack(operation, arming);
    timer.pool().take(next);
    arm(operation);
    time.advance(LIMIT.minus(SHORT));
    assertThat(next.fired).isZero();
    time.advance(SHORT.multipliedBy(2));
    assertThat(next.fired).isEqualTo(1);
  }

  @Test
  void close_endsWhatIsArmed_andWhatIsArmedLater() {
    PooledOperation given = timer.pool().take(next);
    timer.pool().giveBack(given, arm(given));
    arm(timer.pool().take(call));
    arm(timer.pool().take(next));
    timer.close();
    assertThat(call.closed).isEqualTo(1);
    assertThat(next.closed).isEqualTo(1);
    arm(timer.pool().take(call));
    assertThat(call.closed).isEqualTo(2);
  }
}
