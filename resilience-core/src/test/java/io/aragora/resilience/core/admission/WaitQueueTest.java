package io.aragora.resilience.core.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who waits, who is next, and what a failure in the middle leaves behind. */
class WaitQueueTest {
  /** As many permits as a test allows. */
  private static final class Permits implements WaitQueue.Source {
    long free;
    int granted;
    RuntimeException failure;
    Runnable meanwhile = () -> {};
    boolean isBroken;
    final List<Waiter> heads = new ArrayList<>();

    @Override
    public long take(Waiter head) {
      meanwhile.run();
      if (failure != null) {
        throw failure;
      }
      if (free < head.need()) {
        return AdmissionPolicy.NO_PERMIT;
      }
      free -= head.need();
      return 7;
    }

    @Override
    public void onGranted() {
      granted++;
      if (isBroken) {
        throw new IllegalStateException("cannot be reported");
      }
    }

    @Override
    public void onHeadWaits(Waiter head) {
      heads.add(head);
    }
  }

  private final class Call extends Waiter {
    private final String name;
    private boolean isBroken;
    private Runnable body = () -> {};

    Call(String name, int rank, int need, long since) {
      super(rank, need, since, 1000);
      this.name = name;
    }

    @Override
    protected void wake() {
      woken.add(name);
      if (isBroken) {
        throw new IllegalStateException("cannot be woken");
      }
      body.run();
    }
  }

  private final Permits permits = new Permits();
  private final List<String> woken = new ArrayList<>();

  private Call add(WaitQueue queue, String name, int rank, int need) {
    Call call = new Call(name, rank, need, 100);
    assertThat(queue.add(call, 10)).isTrue();
    return call;
  }

  @Test
  void callsOfARank_areHeldBackByThoseOfTheSameRankAndAbove() {
    WaitQueue queue = WaitQueue.ofRanks(permits, 3);
    assertThat(queue.holdsBack(0)).isFalse();
    Call middle = add(queue, "middle", 1, 1);
    assertThat(queue.holdsBack(0)).isTrue();
    assertThat(queue.holdsBack(1)).isTrue();
    assertThat(queue.holdsBack(2)).isFalse();
    add(queue, "low", 0, 1);
    assertThat(queue.holdsBack(1)).isTrue();
    queue.leave(middle);
    assertThat(queue.holdsBack(0)).isTrue();
    assertThat(queue.holdsBack(1)).isFalse();
  }

  @Test
  void grant_servesTheHighestRankFirst_andReportsEachPermitOnce() {
    WaitQueue queue = WaitQueue.ofRanks(permits, 3);
    add(queue, "low", 0, 1);
    add(queue, "high", 2, 1);
    add(queue, "middle", 1, 1);
    permits.free = 2;
    queue.grant();
    assertThat(woken).containsExactly("high", "middle");
    assertThat(permits.granted).isEqualTo(2);
    assertThat(queue.size()).isEqualTo(1);
    assertThat(permits.heads).extracting(head -> ((Call) head).name).containsExactly("low");
  }

  @Test
  void bodyThatRunsInsideTheGrant_leavesTheNextGrantsToOtherThreads() {
    WaitQueue queue = new WaitQueue(permits);
    Call first = add(queue, "first", 0, 1);
    add(queue, "second", 0, 1);
    List<String> wokenMeanwhile = new ArrayList<>();
    first.body = () -> {
      permits.free++;
      onOtherThread(queue::grant);
      wokenMeanwhile.addAll(woken);
    };
    permits.free = 1;
    queue.grant();
    assertThat(wokenMeanwhile).containsExactly("first", "second");
    assertThat(woken).containsExactly("first", "second");
  }

  private static void onOtherThread(Runnable task) {
    Thread other = new Thread(task);
    other.start();
    try {
      other.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void bodiesThatEndInsideTheStartOfTheNext_doNotGrowTheStack() {
    WaitQueue queue = new WaitQueue(permits);
    int waiters = 20_000;
    for (int i = 0; i < waiters; i++) {
      Call call = new Call("call", 0, 1, 100);
      call.body = () -> {
        permits.free++;
        queue.grant();
      };
      assertThat(queue.add(call, waiters)).isTrue();
    }
    permits.free = 1;
    queue.grant();
    assertThat(woken).hasSize(waiters);
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void takenAtOnce_leavesOutWhatWaitersOfThatRankGot() {
    WaitQueue queue = WaitQueue.ofRanks(permits, 2);
    add(queue, "low", 0, 1);
    add(queue, "high", 1, 1);
    add(queue, "higher", 1, 1);
    permits.free = 3;
    queue.grant();
    assertThat(queue.takenAtOnce(0, () -> 5)).isEqualTo(4);
    assertThat(queue.takenAtOnce(1, () -> 5)).isEqualTo(3);
    assertThat(queue.takenAtOnce(1, () -> 1)).as("a sum that is behind").isZero();
  }

  @Test
  void needed_isTheSumOfAllThatWait() {
    WaitQueue queue = new WaitQueue(permits);
    Call three = add(queue, "three", 0, 3);
    add(queue, "two", 0, 2);
    assertThat(queue.needed()).isEqualTo(5);
    queue.leave(three);
    assertThat(queue.needed()).isEqualTo(2);
    permits.free = 2;
    queue.grant();
    assertThat(queue.needed()).isZero();
  }

  @Test
  void grant_sourceThatThrows_leavesTheQueueUsable() {
    WaitQueue queue = new WaitQueue(permits);
    Call call = add(queue, "a", 0, 1);
    permits.free = 1;
    permits.failure = new IllegalStateException("broken clock");
    assertThatThrownBy(queue::grant).hasMessage("broken clock");
    permits.failure = null;
    queue.grant();
    assertThat(call.state()).isEqualTo(Waiter.State.GRANTED);
    assertThat(call.permit()).isEqualTo(7);
  }

  @Test
  void grant_sourceThatThrowsWhileAnotherThreadAsks_servesThatRequest() {
    WaitQueue queue = new WaitQueue(permits);
    Call call = add(queue, "a", 0, 1);
    permits.failure = new IllegalStateException("broken clock");
    permits.meanwhile = () -> {
      permits.meanwhile = () -> permits.failure = null;
      permits.free = 1;
      queue.grant(); // as another thread: it returns at once
    };
    queue.grant();
    assertThat(call.state()).isEqualTo(Waiter.State.GRANTED);
    assertThat(woken).containsExactly("a");
  }

  @Test
  void grant_sourceThatAlwaysThrowsAndAsks_ends() {
    WaitQueue queue = new WaitQueue(permits);
    Call call = add(queue, "a", 0, 1);
    permits.failure = new IllegalStateException("broken clock");
    permits.meanwhile = queue::grant;
    assertThatThrownBy(queue::grant).hasMessage("broken clock");
    permits.failure = null;
    permits.meanwhile = () -> {};
    permits.free = 1;
    queue.grant();
    assertThat(call.state()).isEqualTo(Waiter.State.GRANTED);
  }

  @Test
  void grant_permitThatCannotBeReported_wakesItsWaiter() {
    WaitQueue queue = new WaitQueue(permits);
    add(queue, "a", 0, 1);
    permits.free = 1;
    permits.isBroken = true;
    assertThatThrownBy(queue::grant).hasMessage("cannot be reported");
    assertThat(woken).containsExactly("a");
  }

  @Test
  void grant_waiterThatCannotBeWoken_isGranted_andSoIsTheNext() {
    WaitQueue queue = new WaitQueue(permits);
    Call broken = add(queue, "broken", 0, 1);
    broken.isBroken = true;
    Call next = add(queue, "next", 0, 1);
    permits.free = 2;
    queue.grant();
    assertThat(broken.state()).isEqualTo(Waiter.State.GRANTED);
    assertThat(next.state()).isEqualTo(Waiter.State.GRANTED);
    assertThat(woken).containsExactly("broken", "next");
  }

  @Test
  void add_waiterThatHasLeftBefore_isNotAdded() {
    WaitQueue queue = new WaitQueue(permits);
    Call call = new Call("early", 0, 1, 100);
    assertThat(queue.leave(call)).isEqualTo(Waiter.State.NEW);
    assertThat(queue.add(call, 10)).isFalse();
    assertThat(call.state()).isEqualTo(Waiter.State.LEFT);
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void leave_afterTheGrant_keepsThePermitWithTheCaller() {
    WaitQueue queue = new WaitQueue(permits);
    Call call = add(queue, "a", 0, 1);
    permits.free = 1;
    queue.grant();
    assertThat(queue.leave(call)).isEqualTo(Waiter.State.GRANTED);
    assertThat(call.state()).isEqualTo(Waiter.State.GRANTED);
  }

  @Test
  void leave_headThatNeedsMuch_letsTheNextOneIn() {
    WaitQueue queue = new WaitQueue(permits);
    Call large = add(queue, "large", 0, 5);
    Call small = add(queue, "small", 0, 1);
    permits.free = 2;
    queue.grant();
    assertThat(small.isWaiting()).as("behind the large one").isTrue();
    queue.leave(large);
    assertThat(small.state()).isEqualTo(Waiter.State.GRANTED);
  }

  @Test
  void add_fullQueueOfRanks_evictsTheOldestOfTheLowestRank_orRejectsALowerCall() {
    WaitQueue queue = WaitQueue.ofRanks(permits, 3);
    Call first = add(queue, "first", 1, 1);
    Call second = add(queue, "second", 1, 1);
    Call low = new Call("low", 0, 1, 100);
    assertThat(queue.add(low, 2)).isFalse();
    assertThat(queue.add(new Call("equal", 1, 1, 100), 2)).isTrue();
    assertThat(first.state()).isEqualTo(Waiter.State.EVICTED);
    assertThat(second.isWaiting()).isTrue();
    assertThat(woken).containsExactly("first");
    assertThat(queue.size()).isEqualTo(2);
  }

  @Test
  void dismiss_removesThoseInVain_andCountsOnlyThoseThatStay() {
    WaitQueue queue = new WaitQueue(permits);
    add(queue, "a", 0, 2);
    Call b = add(queue, "b", 0, 3);
    add(queue, "c", 0, 4);
    List<Long> before = new ArrayList<>();
    queue.dismiss((waiter, needed) -> {
      before.add(needed);
      return waiter == b;
    });
    assertThat(before).containsExactly(0L, 2L, 2L);
    assertThat(b.state()).isEqualTo(Waiter.State.DISMISSED);
    assertThat(woken).containsExactly("b");
    assertThat(queue.needed()).isEqualTo(6);
  }

  @Test
  void oldestWait_isThatOfTheLongestWaiterOfAllRanks() {
    WaitQueue queue = WaitQueue.ofRanks(permits, 2);
    assertThat(queue.oldestWaitNanos(500)).isZero();
    assertThat(queue.add(new Call("new", 1, 1, 300), 10)).isTrue();
    assertThat(queue.add(new Call("old", 0, 1, 100), 10)).isTrue();
    assertThat(queue.oldestWaitNanos(500)).isEqualTo(400);
  }
}
