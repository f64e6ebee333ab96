package io.aragora.resilience.core.timer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Operations that several threads arm, and those that have an owner. */
class SharedOperationTest {
  private static final Duration SOON = Duration.ofMillis(5);
  private static final Duration LATER = Duration.ofMillis(20);

  private final ManualTime time = ManualTime.create();
  private final Timer timer = new Timer("test", time);
  private boolean isClockBroken;

  @AfterEach
  void close() {
    timer.close();
  }

  private final class Shared extends SharedOperation {
    int fired;

    @Override
    protected long nextDeadline() {
      if (isClockBroken) {
        throw new IllegalStateException("clock");
      }
      return time.nanoTime() + SOON.toNanos();
    }

    @Override
    protected void onFire(long arming) {
      fired++;
    }

    @Override
    protected void onTimerClosed(long arming) {}
  }

  private final Shared shared = new Shared();

  @Test
  void armUnlessArmed_twice_firesOnce_andAgainAfterItRests() {
    shared.armUnlessArmed(timer);
    shared.armUnlessArmed(timer);
    time.advance(LATER);
    assertThat(shared.fired).isEqualTo(1);
    shared.armUnlessArmed(timer);
    time.advance(LATER);
    assertThat(shared.fired).as("its firing is still under way").isEqualTo(1);
    shared.rest();
    shared.armUnlessArmed(timer);
    time.advance(LATER);
    assertThat(shared.fired).isEqualTo(2);
  }

  @Test
  void armAgain_whileItsFiringIsUnderWay_firesOnceMore() {
    shared.armUnlessArmed(timer);
    time.advance(LATER);
    shared.armAgain(timer);
    time.advance(LATER);
    assertThat(shared.fired).isEqualTo(2);
  }

  @Test
  void armUnlessArmed_clockFails_theNextOneArms() {
    isClockBroken = true;
    assertThatThrownBy(() -> shared.armUnlessArmed(timer)).hasMessage("clock");
    isClockBroken = false;
    shared.armUnlessArmed(timer);
    time.advance(LATER);
    assertThat(shared.fired).isEqualTo(1);
  }

  @Test
  void armAfter_clockFails_firesThatLongAfterTheLastDeadline() {
    shared.armUnlessArmed(timer);
    time.advance(SOON.plusMillis(2));
    assertThat(shared.fired).isEqualTo(1);
    isClockBroken = true;
    shared.armAfter(timer, Duration.ofMillis(50).toNanos());
    time.advance(Duration.ofMillis(45));
    assertThat(shared.fired).isEqualTo(1);
    time.advance(Duration.ofMillis(10));
    assertThat(shared.fired).isEqualTo(2);
  }

  private static final class Owned extends OwnedOperation<List<String>> {
    Owned(List<String> owner) {
      super(owner);
    }

    @Override
    protected void onFire(List<String> present) {
      present.add("fired");
    }

    @Override
    protected void onTimerClosed(List<String> present) {
      present.add("closed");
    }
  }

  @Test
  void ownedOperation_isCancelled_dropsItsOwner_andTakesAnother() {
    List<String> first = new ArrayList<>();
    List<String> second = new ArrayList<>();
    Owned operation = new Owned(first);
    timer.arm(operation, time.nanoTime() + SOON.toNanos());
    assertThat(operation.owner()).isSameAs(first);
    operation.cancel(timer);
    assertThat(operation.owner()).isNull();
    time.advance(LATER);
    assertThat(first).isEmpty();

    operation.armAgain(timer, second, time.nanoTime() + SOON.toNanos());
    time.advance(LATER);
    assertThat(second).containsExactly("fired");
    operation.cancel(timer);
    assertThat(operation.owner()).as("it was not armed").isSameAs(second);

    operation.armAgain(timer, first, time.nanoTime() + SOON.toNanos());
    timer.close();
    assertThat(first).containsExactly("closed");
    assertThat(second).hasSize(1);
  }
}
