package io.aragora.resilience.core.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import io.aragora.resilience.quota.WhenAlone;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimitExceededException;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterEvent;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SharedLimiterTest extends FleetFixture {
  /** Calls until one is rejected. */
  private static int drain(RateLimiter limiter) {
    int admitted = 0;
    while (limiter.tryAcquire()) {
      admitted++;
    }
    return admitted;
  }

  /** Lets every instance call as often as it can, each millisecond. */
  private int callEachMillisecond(List<RateLimiter> fleet, Duration length) {
    int admitted = 0;
    for (long i = 0; i < length.toMillis(); i++) {
      time.advance(A_MOMENT);
      for (RateLimiter limiter : fleet) {
        admitted += drain(limiter);
      }
    }
    return admitted;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  @Tag("FL-01")
  @DisplayName(
      "over any time, the fleet admits at most burst, rate and a lease and a call of each instance")
  void fleet_anyTime_admitsAtMostItsBound(long seed) {
    int limit = 200;
    int burst = 50;
    int size = 4;
    List<RateLimiter> fleet = fleet(size, shared(limit, burst).build());
    Random random = new Random(seed);
    List<Long> admitted = new ArrayList<>();
    time.advance(A_MOMENT);
    for (int i = 0; i < 6_000; i++) {
      time.advance(Duration.ofNanos(random.nextInt(4_000_000)));
      // Bursts, quiet times, and instances that are idle for a while.
      int busy = (i / 500) % (size + 1);
      for (int one = 0; one < busy; one++) {
        for (int call = random.nextInt(4); call > 0; call--) {
          if (fleet.get(random.nextInt(size)).tryAcquire()) {
            admitted.add(time.nanoTime());
          }
        }
      }
    }

    assertThat(admitted).hasSizeGreaterThan(1_500);
    int lease = QuotaRule.largestLease(limit, SECOND, burst);
    for (long millis : new long[] {10, 100, 1_000, 5_000}) {
      double bound = burst + limit * millis / 1e3 + size * (lease + 1);
      assertThat(mostWithin(admitted, Duration.ofMillis(millis).toNanos()))
          .isLessThanOrEqualTo((int) bound);
    }
  }

  private static int mostWithin(List<Long> times, long nanos) {
    Deque<Long> window = new ArrayDeque<>();
    int most = 0;
    for (long at : times) {
      window.addLast(at);
      while (at - window.getFirst() > nanos) {
        window.removeFirst();
      }
      most = Math.max(most, window.size());
    }
    return most;
  }

  @Test
  @Tag("FL-01")
  @DisplayName(
      "a fleet that wants more than the limit gets nearly all of it, whichever instances want it")
  void fleet_wantsMore_getsTheLimit() {
    List<RateLimiter> fleet = fleet(3, shared(1_000, 100).build());
    callEachMillisecond(fleet, SECOND);

    int all = callEachMillisecond(fleet, SECOND.multipliedBy(10));
    assertThat(all).isBetween(9_700, 10_400);

    int one = callEachMillisecond(fleet.subList(0, 1), SECOND.multipliedBy(10));
    assertThat(one).isBetween(9_700, 10_700);
  }

  @Test
  @Tag("FL-02")
  @DisplayName(
      "a lease is taken before the last one is used up, and lasts a tenth to half of a second of the instance's use")
  void lease_steadyUse_isTakenAheadInFittingSize() {
    RateLimiter limiter = fleet(1, shared(1_000, 1_000).build()).get(0);
    time.advance(A_MOMENT);
    int rejected = 0;
    long before = 0;
    for (int i = 0; i < 4_000; i++) {
      time.advance(Duration.ofMillis(5));
      rejected += limiter.tryAcquire() ? 0 : 1;
      before = i == 2_000 ? store.requests() : before;
    }

    // 200 calls a second: leases of 20 to 100 are 2 to 10 a second.
    assertThat(rejected).isZero();
    assertThat(store.requests() - before).isBetween(20L, 100L);
  }

  @Test
  @Tag("FL-02")
  @DisplayName(
      "an instance that is no longer used holds nothing: what it had goes back to the fleet")
  void lease_idleInstance_holdsNothing() {
    List<RateLimiter> fleet = fleet(2, shared(1_000, 1_000).build());
    callEachMillisecond(fleet.subList(0, 1), Duration.ofMillis(100));
    time.advance(Duration.ofSeconds(3));

    assertThat(fleet.get(0).snapshot().level()).isZero();
    assertThat(fleet.get(1).tryAcquire()).isTrue();
    time.advance(A_MOMENT);
    assertThat(store.requests()).isLessThan(40);
  }

  @Test
  @Tag("FL-02")
  @DisplayName("an instance that is used now and then rejects none of its calls")
  void call_nowAndThen_isNotRejected() {
    List<RateLimiter> fleet = fleet(3, shared(10, 10).build());
    int admitted = 0;
    for (int i = 0; i < 60; i++) {
      time.advance(Duration.ofSeconds(7));
      admitted += fleet.get(i % 3).tryAcquire() ? 1 : 0;
    }

    assertThat(admitted).isEqualTo(60);
  }

  @Test
  @Tag("FL-02")
  @DisplayName(
      "a call of several permits gets them by the next lease, also if they are more than leases have")
  void call_severalPermits_areLeased() {
    RateLimiter limiter = fleet(1, shared(10, 50).build()).get(0);
    time.advance(Duration.ofSeconds(2));

    assertThat(limiter.tryAcquire(30)).isTrue();
    time.advance(A_MOMENT);
    assertThat(limiter.tryAcquire(30)).isFalse();
    time.advance(Duration.ofSeconds(2));
    assertThat(limiter.tryAcquire(30)).isTrue();
  }

  @Test
  @Tag("FL-03")
  @DisplayName(
      "while the store does not answer, calls use what is left, then are rejected and told when to come back")
  void store_late_callsUseWhatIsLeft() {
    HangingStore hanging = new HangingStore(store);
    Resilience instance = hanging.instance(time);
    RateLimiter limiter = instance.rateLimiter("api", shared(100, 100).build());
    time.advance(Duration.ofMillis(50));
    hanging.hang();

    int left = (int) limiter.snapshot().level();
    assertThat(left).isPositive();
    assertThat(drain(limiter)).isEqualTo(left);
    assertThatThrownBy(() -> limiter.call(() -> "body"))
        .isInstanceOfSatisfying(RateLimitExceededException.class, e -> {
          assertThat(e.reason()).isEqualTo(RateLimitExceededException.Reason.LIMIT);
          assertThat(e.retryAfter()).isBetween(A_MOMENT, SECOND);
        });
    assertThat(limiter.snapshot().isAlone()).isFalse();

    hanging.answer();
    time.advance(A_MOMENT);
    assertThat(limiter.tryAcquire()).isTrue();
    instance.close();
  }

  @ParameterizedTest
  @EnumSource(WhenAlone.class)
  @Tag("FL-04")
  @DisplayName(
      "without the store, the instance goes on with its share, with nothing, or with the whole limit, and says so")
  void store_gone_goesOnAlone(WhenAlone whenAlone) {
    List<RateLimiter> fleet = fleet(4, shared(100, 40).whenAlone(whenAlone).build());
    List<RateLimiterEvent.Kind> events = new ArrayList<>();
    RateLimiter limiter = fleet.get(0);
    limiter.subscribe(event -> events.add(event.kind()));
    callEachMillisecond(fleet, SECOND);
    store.fail(true);
    callEachMillisecond(fleet, SECOND.multipliedBy(2));

    assertThat(limiter.snapshot().isAlone()).isTrue();
    assertThat(limiter.snapshot().instances()).isEqualTo(4);
    assertThat(events).contains(RateLimiterEvent.Kind.ALONE);
    int all = callEachMillisecond(fleet, SECOND.multipliedBy(10));
    switch (whenAlone) {
      case SHARE -> assertThat(all).isBetween(900, 1_000);
      case REJECT -> assertThat(all).isZero();
      case LOCAL -> assertThat(all).isBetween(3_900, 4_000);
    }
  }

  @Test
  @Tag("FL-04")
  @DisplayName(
      "an instance that never reached the store takes the share of the instances that its config assumes")
  void store_neverReached_takesAssumedShare() {
    store.fail(true);
    RateLimiter limiter = fleet(1, shared(100, 100).assumedInstances(5).build()).get(0);
    callEachMillisecond(List.of(limiter), SECOND.multipliedBy(2));

    assertThat(callEachMillisecond(List.of(limiter), SECOND.multipliedBy(10))).isBetween(195, 205);
    assertThat(limiter.snapshot().instances()).isZero();
  }

  @Test
  @Tag("FL-04")
  @DisplayName(
      "also a store that never answers, and never fails, leaves no call waiting: callers notice")
  void store_hangs_callersGoAlone() {
    HangingStore hanging = new HangingStore(store);
    Resilience instance = hanging.instance(time);
    hanging.hang();
    RateLimiter limiter =
        instance.rateLimiter("api", shared(100, 100).assumedInstances(2).build());

    int admitted = callEachMillisecond(List.of(limiter), SECOND.multipliedBy(11));

    assertThat(limiter.snapshot().isAlone()).isTrue();
    assertThat(admitted).isBetween(450, 530);
    instance.close();
  }

  @Test
  @Tag("FL-05")
  @DisplayName(
      "when the store is back, the next lease is taken within a second, and nothing is paid back")
  void store_back_isUsedAgain() {
    List<RateLimiter> fleet =
        fleet(2, shared(100, 40).whenAlone(WhenAlone.LOCAL).build());
    List<RateLimiterEvent.Kind> events = new ArrayList<>();
    fleet.get(0).subscribe(event -> events.add(event.kind()));
    store.fail(true);
    callEachMillisecond(fleet, SECOND.multipliedBy(5));
    store.fail(false);
    callEachMillisecond(fleet, SECOND.multipliedBy(2));

    assertThat(fleet.get(0).snapshot().isAlone()).isFalse();
    assertThat(events).contains(RateLimiterEvent.Kind.ALONE, RateLimiterEvent.Kind.REJOINED);
    assertThat(callEachMillisecond(fleet, SECOND.multipliedBy(10))).isBetween(960, 1_050);
  }

  @Test
  @Tag("FL-05")
  @DisplayName("an idle instance notices too that the store is gone, and that it is back")
  void store_goneWhileIdle_isNoticed() {
    RateLimiter limiter = fleet(1, shared(100, 40).build()).get(0);
    time.advance(Duration.ofSeconds(10));
    store.fail(true);
    time.advance(Duration.ofSeconds(40));
    assertThat(limiter.snapshot().isAlone()).isTrue();

    store.fail(false);
    time.advance(Duration.ofSeconds(2));
    assertThat(limiter.snapshot().isAlone()).isFalse();
  }

  @Test
  @Tag("FL-06")
  @DisplayName(
      "what an instance has leased and not used is lost with it, and no other instance takes it twice")
  void instance_killed_losesItsLease() {
    List<RateLimiter> fleet = fleet(2, shared(1, 40).build());
    time.advance(A_MOMENT);
    // The first has a lease of one permit, and is never asked again.
    int admitted = 0;
    for (int i = 0; i < 20; i++) {
      time.advance(Duration.ofMillis(100));
      admitted += drain(fleet.get(1));
    }

    assertThat(admitted).isLessThanOrEqualTo(40 - 1 + 2 + 1);
  }

  @Test
  @Tag("FL-10")
  @DisplayName(
      "of two fleets with different settings, the later one works alone, until the first is gone")
  void fleets_differ_laterWorksAlone() {
    RateLimiter first = fleet(1, shared(100, 100).build()).get(0);
    time.advance(A_MOMENT);
    RateLimiter second = fleet(1, shared(50, 50).build()).get(0);
    time.advance(A_MOMENT);

    assertThat(first.snapshot().isAlone()).isFalse();
    assertThat(second.snapshot().isAlone()).isTrue();
    callEachMillisecond(List.of(first, second), SECOND);
    assertThat(callEachMillisecond(List.of(second), SECOND.multipliedBy(10))).isBetween(245, 275);

    for (int i = 0; i < 80; i++) {
      time.advance(SECOND);
      second.tryAcquire();
      first.snapshot();
    }
    assertThat(first.snapshot().isAlone()).isFalse();
  }

  @Test
  @Tag("FL-02")
  @DisplayName("a quota that is used up lends to no call, however rarely it is called")
  void quota_usedUp_lendsNothing() {
    RateLimiter limiter = fleet(
            1,
            RateLimiterConfig.smooth(1, Duration.ofHours(1)).burst(1).shared().build())
        .get(0);
    int admitted = 0;
    for (int i = 0; i < 60; i++) {
      time.advance(Duration.ofMinutes(1));
      admitted += limiter.tryAcquire() ? 1 : 0;
    }

    assertThat(admitted).isBetween(1, 3);
  }

  @Test
  @Tag("FL-02")
  @DisplayName("the first call is admitted though the store has not answered yet")
  void call_beforeTheFirstAnswer_isAdmittedOnce() {
    RateLimiter limiter = fleet(1, shared(10, 10).build()).get(0);

    assertThat(limiter.tryAcquire()).isTrue();
    assertThat(limiter.tryAcquire()).isFalse();
    time.advance(A_MOMENT);
    assertThat(limiter.tryAcquire()).isTrue();
  }

  @Test
  @Tag("FL-04")
  @DisplayName("an instance that rejects when it is alone lets no call wait in vain")
  void store_goneAndRejecting_rejectsAtOnce() {
    RateLimiter limiter = fleet(
            1,
            shared(100, 10)
                .whenAlone(WhenAlone.REJECT)
                .maxWait(Duration.ofMillis(900))
                .build())
        .get(0);
    store.fail(true);
    callEachMillisecond(List.of(limiter), SECOND.multipliedBy(3));

    assertThat(limiter.snapshot().isAlone()).isTrue();
    assertThat(limiter.retryAfter()).isEqualTo(SECOND);
    assertThatThrownBy(() -> limiter.call(() -> "body"))
        .isInstanceOf(RateLimitExceededException.class);
  }

  @Test
  @Tag("FL-04")
  @DisplayName("a share admits a call of more permits than its part of the burst")
  void store_gone_largeCallIsAdmittedInTime() {
    RateLimiter limiter =
        fleet(1, shared(100, 100).assumedInstances(10).build()).get(0);
    store.fail(true);
    callEachMillisecond(List.of(limiter), SECOND.multipliedBy(3));

    assertThat(limiter.tryAcquire(50)).isFalse();
    assertThat(limiter.tryAcquire(50)).isFalse();
    time.advance(Duration.ofSeconds(6));
    assertThat(limiter.tryAcquire(50)).isTrue();
    assertThat(limiter.tryAcquire(10)).isFalse();
  }

  @Test
  @Tag("FL-04")
  @DisplayName("a new limit is divided, too, while the instance is alone")
  void reconfigure_whileAlone_changesTheShare() {
    RateLimiter limiter = fleet(1, shared(100, 10).assumedInstances(10).build()).get(0);
    store.fail(true);
    callEachMillisecond(List.of(limiter), SECOND.multipliedBy(3));
    limiter.reconfigure(shared(10, 10).assumedInstances(10).build());

    assertThat(callEachMillisecond(List.of(limiter), SECOND.multipliedBy(20))).isBetween(19, 21);
  }

  @Test
  @Tag("FL-04")
  @DisplayName(
      "an answer that comes after the end of its lease ends no stay alone, and is asked for again")
  void store_answersAfterTheLease_instanceStaysAlone() {
    AtomicLong late = new AtomicLong();
    ForwardingTime slow = new ForwardingTime(time) {
      @Override
      public long nanoTime() {
        return super.nanoTime() + late.get();
      }
    };
    AtomicInteger asked = new AtomicInteger();
    List<RateLimiterEvent.Kind> events = new ArrayList<>();
    try (Resilience instance = Resilience.builder()
        .timeSource(slow)
        .quotaStore(new QuotaStore() {
          @Override
          public QuotaLease lease(QuotaRequest request) throws QuotaStoreException {
            late.addAndGet(asked.incrementAndGet() <= 3 ? LeasedPermits.LEASE_NANOS : 0);
            return store.lease(request);
          }

          @Override
          public void close() {}
        })
        .build()) {
      RateLimiter limiter = instance.rateLimiter("api", shared(100, 100).build());
      limiter.subscribe(event -> events.add(event.kind()));
      for (int i = 0; asked.get() < 3; i++) {
        assertThat(i).isLessThan(20_000);
        limiter.tryAcquire();
        time.advance(A_MOMENT);
      }
      assertThat(limiter.snapshot().isAlone()).isTrue();
      // The timer goes by the time without the delays.
      time.advance(SECOND.multipliedBy(20));

      assertThat(limiter.snapshot().isAlone()).isFalse();
      assertThat(events)
          .filteredOn(kind -> kind != RateLimiterEvent.Kind.REJECTED)
          .containsExactly(RateLimiterEvent.Kind.ALONE, RateLimiterEvent.Kind.REJOINED);
    }
  }

  @Test
  @DisplayName("waiting calls are admitted by leases, in order, and the rate holds")
  void call_waits_isAdmittedByALease() {
    List<RateLimiter> fleet = fleet(
        2, shared(100, 10).maxWait(Duration.ofSeconds(5)).maxWaiting(1_000).build());
    time.advance(A_MOMENT);
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      int number = i;
      fleet.get(0).callAsync(() -> {
        order.add(number);
        return java.util.concurrent.CompletableFuture.completedFuture(number);
      });
    }
    time.advance(Duration.ofMillis(1_000));
    int afterOne = order.size();
    time.advance(Duration.ofSeconds(4));

    assertThat(afterOne).isBetween(70, 140);
    assertThat(order).hasSize(200).isSorted();
  }

  @Test
  @DisplayName("reconfigure changes the rate of the fleet when all instances have done so")
  void reconfigure_sharedLimiter_changesTheRate() {
    RateLimiter limiter = fleet(1, shared(100, 100).build()).get(0);
    time.advance(A_MOMENT);
    limiter.reconfigure(shared(10, 10).build());

    callEachMillisecond(List.of(limiter), SECOND.multipliedBy(2));
    assertThat(limiter.snapshot().isAlone()).isTrue();
    for (int i = 0; i < 75; i++) {
      time.advance(SECOND);
    }
    callEachMillisecond(List.of(limiter), SECOND.multipliedBy(2));
    assertThat(limiter.snapshot().isAlone()).isFalse();
    assertThat(callEachMillisecond(List.of(limiter), SECOND.multipliedBy(10))).isBetween(95, 105);
    assertThatThrownBy(
            () -> limiter.reconfigure(RateLimiterConfig.smooth(10, SECOND).build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("rate limiter 'api' must stay shared, as it was created: ");
  }

  @Test
  @DisplayName("shared is rejected where it cannot hold, by an error that says why")
  void shared_whereItCannotBe_isRejected() {
    Resilience without = Resilience.builder().timeSource(time).build();
    RateLimiterConfig config = shared(1, 1).build();

    assertThatThrownBy(() -> without.rateLimiter("api", config))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessage(
            "rate limiter 'api' is shared, and the runtime has no quota store. Set quotaStore(location), for example"
                + " postgresql://host/database with io.aragora:resilience-postgresql, or remove shared");
    assertThatThrownBy(() -> instance().unregistered().rateLimiter("api", config))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a shared rate limiter must be registered, since its name is that of its quota: create 'api' by rateLimiter");
    assertThatThrownBy(() -> KeyedRateLimiterConfig.of(config))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "limiter must not be shared, since each key has its own limit: limit=1");
    assertThatThrownBy(() -> RateLimiterConfig.exact(1, SECOND).shared().build())
        .hasMessage("shared is not for an exact limiter: true");
    assertThatThrownBy(() -> shared(1, 1).adoptUpTo(5).build())
        .hasMessage("adoptUpTo is not for a shared limiter: 5");
    without.close();
  }
}
