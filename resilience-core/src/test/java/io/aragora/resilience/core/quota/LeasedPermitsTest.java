package io.aragora.resilience.core.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.internal.runtime.ResilienceSettings.QuotaSetting;
import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.WhenAlone;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

/** The test plays the thread that leases: it makes each request, and answers it. */
class LeasedPermitsTest {
  private static final UUID INSTANCE = new UUID(0, 1);
  private static final Duration SECOND = Duration.ofSeconds(1);

  /** A permit in 10 ms. */
  private static final QuotaRule RULE = rule(25);

  private final ManualTime manual = ManualTime.create();
  private int requests;
  private boolean isFull;
  private final ForwardingTime time = new ForwardingTime(manual) {
    @Override
    public Executor executor() {
      return task -> {
        if (isFull) {
          throw new OutOfMemoryError("unable to create native thread");
        }
        if (task == permits.exchange()) {
          requests++;
        } else {
          task.run();
        }
      };
    }
  };
  private final List<String> told = new ArrayList<>();
  private final LeasedPermits permits = new LeasedPermits(
      RULE,
      new Quotas(
          new QuotaSetting(
              "memory",
              () -> {
                throw new IllegalStateException("never opened");
              },
              false),
          time,
          new Timer("test", time),
          new Dispatcher("test", time, null)),
      new LeasedPermits.Owner() {
        @Override
        public void takeAlone(QuotaRule rule, int instances, boolean isAlone) {
          told.add("take 1/" + instances + (isAlone ? " again" : ""));
        }

        @Override
        public void onAlone() {
          told.add("alone");
        }

        @Override
        public void onRejoined() {
          told.add("rejoined");
        }

        @Override
        public void onLease() {
          told.add("lease");
        }
      });

  private static QuotaRule rule(int largestLease) {
    return new QuotaRule("api", "s", 100, SECOND, 40, true, largestLease, WhenAlone.SHARE, 4);
  }

  private long now() {
    return time.nanoTime();
  }

  private void advance(long millis) {
    manual.advance(Duration.ofMillis(millis));
  }

  private static long millis(long millis) {
    return Duration.ofMillis(millis).toNanos();
  }

  private int take(int count) {
    return permits.take(count, time);
  }

  private QuotaRequest request() {
    return permits.request(INSTANCE, now());
  }

  private long answer(QuotaRequest request, QuotaLease.Builder lease) {
    return permits.answered(request, lease.instances(2).build(), now(), now());
  }

  private static QuotaLease.Builder plenty(int granted) {
    return QuotaLease.builder().granted(granted).left(9);
  }

  /** Asks for permits and gets some. Another request is possible 100 ms later. */
  private void lease(int granted) {
    permits.begin();
    permits.take(25, time);
    answer(request(), plenty(granted));
  }

  private void takeAll() {
    while (permits.available(time) > 0) {
      assertThat(take(1)).isEqualTo(LeasedPermits.TAKEN);
    }
  }

  @Test
  void lease_isTakenPermitByPermit_andHoldsForASecond() {
    lease(5);
    assertThat(permits.available(time)).isEqualTo(5);
    assertThat(take(3)).isEqualTo(LeasedPermits.TAKEN);
    assertThat(take(3)).isEqualTo(LeasedPermits.NONE);
    assertThat(take(1)).isEqualTo(LeasedPermits.TAKEN);
    manual.advance(SECOND.minusNanos(1));
    assertThat(permits.available(time)).isEqualTo(1);
    manual.advance(Duration.ofNanos(1));
    assertThat(permits.available(time)).isZero();
  }

  @Test
  void take_thatLeavesAThirdOfTheLease_asksForTheNext() {
    lease(9);
    advance(100);
    int before = requests;
    for (int i = 0; i < 5; i++) {
      assertThat(take(1)).isEqualTo(LeasedPermits.TAKEN);
    }
    assertThat(requests).isEqualTo(before);
    assertThat(take(1)).isEqualTo(LeasedPermits.TAKEN);
    assertThat(requests).isEqualTo(before + 1);
    assertThat(take(1)).isEqualTo(LeasedPermits.TAKEN);
    assertThat(requests).as("once").isEqualTo(before + 1);
  }

  @Test
  void request_duringALease_returnsNothing_andAfterItsEndWhatIsLeft() {
    lease(10);
    assertThat(take(4)).isEqualTo(LeasedPermits.TAKEN);
    advance(500);
    assertThat(request().earned()).isZero();
    assertThat(permits.available(time)).isEqualTo(6);
    advance(500);
    permits.earn(1500);
    assertThat(request().earned()).isEqualTo(7.5);
    assertThat(request().earned()).isZero();
  }

  @Test
  void earn_isBoundedByTheBurst() {
    permits.earn(39_999);
    permits.earn(1_000_000);
    assertThat(request().earned()).isEqualTo(40);
  }

  @Test
  void firstCall_beforeTheFirstAnswer_isAdmittedAndReportedAsSpent() {
    permits.begin();
    assertThat(take(2)).isEqualTo(LeasedPermits.TAKEN);
    assertThat(take(2)).isEqualTo(LeasedPermits.NONE);
    assertThat(request().spent()).isEqualTo(2);
    assertThat(request().spent()).isZero();
  }

  @Test
  void callOnCredit_isReportedAgain_untilTheStoreHasCountedIt() {
    lease(5);
    advance(1000);
    assertThat(take(3)).as("on credit").isEqualTo(LeasedPermits.TAKEN);
    assertThat(take(1)).as("until the answer").isEqualTo(LeasedPermits.NONE);
    QuotaRequest first = request();
    assertThat(first.spent()).isEqualTo(3);
    assertThat(permits.failed(first, "down", now())).isEqualTo(LeasedPermits.TRY_AGAIN_NANOS);
    QuotaRequest second = request();
    assertThat(second.spent()).isEqualTo(3);
    answer(second, plenty(0).otherSettings("t"));
    QuotaRequest third = request();
    assertThat(third.spent()).isEqualTo(3);
    answer(third, plenty(1));
    assertThat(request().spent()).isZero();
  }

  @Test
  void failedByItself_isTriedAgainMoreAndMoreRarely_untilAnAnswer() {
    List<Long> seconds = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      seconds.add(permits.failedByItself(request(), "locked", now()) / 1_000_000_000);
    }
    assertThat(seconds).containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 32L, 32L);
    permits.answered(
        request(), QuotaLease.builder().granted(1).left(1).instances(1).build(), now(), now());
    assertThat(permits.failedByItself(request(), "locked", now()))
        .isEqualTo(LeasedPermits.TRY_AGAIN_NANOS);
  }

  @Test
  void quotaThatIsUsedUp_givesNoCredit_untilItHasAPermit() {
    lease(5);
    advance(990);
    takeAll();
    answer(request(), QuotaLease.builder().granted(0).left(-19));
    advance(199);
    assertThat(take(1)).isNotEqualTo(LeasedPermits.TAKEN);
    lease(0);
    advance(1000);
    assertThat(take(1)).isEqualTo(LeasedPermits.TAKEN);
  }

  @Test
  void wanted_isAtLeastWhatTheLargestRejectedCallLacked() {
    permits.begin();
    assertThat(request().wanted()).as("the share of a tenth of a second").isEqualTo(10);
    assertThat(take(1)).isEqualTo(LeasedPermits.TAKEN);
    assertThat(take(30)).isEqualTo(LeasedPermits.NONE);
    assertThat(take(2)).isEqualTo(LeasedPermits.NONE);
    assertThat(request().wanted()).isEqualTo(30);
    assertThat(request().wanted()).isEqualTo(10);
  }

  @Test
  void wanted_leaseThatIsUsedUp_isTwiceTheLastOne() {
    permits.begin();
    QuotaRequest first = request();
    assertThat(first.wanted()).isEqualTo(10);
    answer(first, plenty(4));
    advance(900);
    takeAll();
    assertThat(request().wanted()).isEqualTo(20);
  }

  @Test
  void wanted_leaseThatIsUsedInPart_isTheUseOfAQuarterOfASecond_lessWhatIsHeld() {
    permits.begin();
    answer(request(), plenty(10));
    advance(500);
    assertThat(take(7)).isEqualTo(LeasedPermits.TAKEN);
    assertThat(request().wanted()).as("4 of 14 a second, 3 are held").isEqualTo(1);
  }

  @Test
  void change_toASmallerLargestLease_lowersWhatIsHeld() {
    lease(20);
    permits.change(rule(5));
    assertThat(permits.available(time)).isEqualTo(5);
    permits.change(RULE);
    assertThat(permits.available(time)).isEqualTo(5);
    permits.lower(7);
    assertThat(permits.available(time)).isEqualTo(5);
  }

  @Test
  void noAnswerForASecond_instanceIsAlone_withItsShareAndWithoutItsLease() {
    permits.begin();
    manual.advance(SECOND.minusNanos(1));
    assertThat(take(1)).isEqualTo(LeasedPermits.TAKEN);
    assertThat(take(1)).isEqualTo(LeasedPermits.NONE);
    manual.advance(Duration.ofNanos(1));
    assertThat(take(1)).isEqualTo(LeasedPermits.ALONE);
    assertThat(take(1)).isEqualTo(LeasedPermits.ALONE);
    assertThat(told).containsExactly("take 1/4", "alone");
    assertThat(permits.isAlone()).isTrue();

    answer(request(), plenty(3));
    assertThat(permits.isAlone()).isFalse();
    assertThat(take(1)).isEqualTo(LeasedPermits.TAKEN);
    assertThat(told).containsExactly("take 1/4", "alone", "rejoined", "lease");
  }

  @Test
  void failures_leaveTheInstanceInTheFleet_untilTheyLastForASecond() {
    lease(5);
    told.clear();
    advance(1000);
    assertThat(take(1)).isEqualTo(LeasedPermits.TAKEN);
    permits.failed(request(), "down", now());
    manual.advance(SECOND.minusNanos(1));
    permits.failed(request(), "down", now());
    assertThat(permits.isAlone()).isFalse();
    manual.advance(Duration.ofNanos(1));
    permits.failed(request(), "down", now());
    permits.failed(request(), "down", now());
    assertThat(told).containsExactly("take 1/2", "alone");
  }

  @Test
  void lease_arrivesAfterItsEnd_goesBackUnused() {
    permits.begin();
    QuotaRequest request = request();
    long sentAt = now();
    advance(1000);
    long next = permits.answered(request, plenty(7).instances(3).build(), sentAt, now());
    assertThat(next).isEqualTo(millis(10));
    assertThat(permits.isAlone()).isTrue();
    assertThat(permits.available(time)).isZero();
    assertThat(told).containsExactly("take 1/3", "alone");
    assertThat(request().earned()).isEqualTo(7);
    assertThat(request().earned()).isZero();
  }

  @Test
  void otherSettings_instanceIsAloneWithoutItsLease_andACallAsksAgainAfterTenSeconds() {
    lease(20);
    told.clear();
    advance(100);
    assertThat(answer(request(), plenty(0).otherSettings("t"))).isEqualTo(millis(10_000));
    assertThat(take(1)).isEqualTo(LeasedPermits.ALONE);
    answer(request(), plenty(0).otherSettings("t"));
    assertThat(told).containsExactly("take 1/2", "alone", "take 1/2 again");

    answer(request(), plenty(0).otherSettings("t"));
    int before = requests;
    manual.advance(Duration.ofSeconds(10).minusNanos(1));
    assertThat(take(1)).isEqualTo(LeasedPermits.ALONE);
    assertThat(requests).isEqualTo(before);
    manual.advance(Duration.ofNanos(1));
    assertThat(take(1)).isEqualTo(LeasedPermits.ALONE);
    assertThat(requests).isEqualTo(before + 1);
    answer(request(), plenty(5));
    assertThat(permits.available(time)).isEqualTo(5);
  }

  @Test
  void answerThatEndsATimeAlone_duringAnOldLease_doesNotBringBackItsPermits() {
    lease(20);
    advance(100);
    answer(request(), plenty(0).otherSettings("t"));
    advance(100);
    answer(request(), plenty(5));
    assertThat(permits.available(time)).isEqualTo(5);
  }

  @Test
  void nextRequest_isDueAfterALease_andAfterAHeartbeatWithoutOne() {
    permits.begin();
    assertThat(answer(request(), plenty(5))).isEqualTo(LeasedPermits.LEASE_NANOS);
    manual.advance(SECOND);
    assertThat(answer(request(), plenty(0))).isEqualTo(LeasedPermits.HEARTBEAT_NANOS);
    assertThat(permits.instances()).isEqualTo(2);
    assertThat(permits.rule()).isSameAs(RULE);
  }

  @Test
  void readyAt_permitsAreHeld_isTheEarliestTime() {
    lease(5);
    assertThat(permits.readyAt(time, 0, 5)).isEqualTo(now());
    assertThat(permits.readyAt(time, now() + 77, 3)).isEqualTo(now() + 77);
  }

  @Test
  void readyAt_permitsAreLacking_isTheNextRequestAndTheTimeInWhichTheyAreEarned() {
    lease(5);
    assertThat(permits.readyAt(time, 0, 6)).isEqualTo(now() + millis(100));
    assertThat(permits.readyAt(time, 0, 8)).isEqualTo(now() + millis(120));
    advance(1000);
    assertThat(permits.readyAt(time, 0, 3)).as("none is held").isEqualTo(now() + millis(20));
  }

  @Test
  void readyAt_whileARequestIsUnderWay_isItsAnswer_atTheLatestTheEndOfTheLease() {
    permits.begin();
    long asked = now();
    assertThat(permits.readyAt(time, 0, 1)).isEqualTo(asked + millis(1));
    assertThat(permits.readyAt(time, 0, 4)).isEqualTo(asked + millis(31));
    advance(5);
    assertThat(permits.readyAt(time, 0, 1)).as("overdue").isEqualTo(asked + millis(15));
    advance(990);
    assertThat(permits.readyAt(time, 0, 1)).isEqualTo(asked + millis(1000));
  }

  @Test
  void ask_noThreadCanBeStarted_asksAgainAfterASecond() {
    isFull = true;
    permits.begin();
    isFull = false;
    manual.advance(SECOND.minusNanos(1));
    assertThat(requests).isZero();
    advance(3);
    assertThat(requests).isEqualTo(1);
  }
}
