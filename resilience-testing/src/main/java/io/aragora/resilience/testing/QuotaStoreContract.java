package io.aragora.resilience.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * A JUnit suite for every {@link QuotaStore}. A plug-in's test extends it, opens its store, and lets time pass in it:
 *
 * <pre>{@code
 * class MyQuotaStoreTest extends QuotaStoreContract {
 *   @Override
 *   protected QuotaStore open() throws QuotaStoreException {
 *     return new MyQuotaStoreProvider().open("mine://localhost/" + name);
 *   }
 *
 *   @Override
 *   protected void pass(Duration time) {
 *     // dates back what is stored
 *   }
 * }
 * }</pre>
 *
 * <p>The suite allows for the time that the requests themselves take, up to half a minute. It calls the store from several threads.
 */
public abstract class QuotaStoreContract {
  private static final UUID ONE = new UUID(1, 1);
  private static final UUID OTHER = new UUID(2, 2);
  private static final Duration DAY = Duration.ofDays(1);
  private static final int LEASES = 50;

  private final Deque<QuotaStore> opened = new ArrayDeque<>();

  /** For subclasses. */
  protected QuotaStoreContract() {}

  /**
   * Opens the store of the running test: an empty one at first, the same one at every further call within that test. The suite
   * closes the returned store.
   *
   * @return an open store
   * @throws QuotaStoreException if it cannot be opened
   */
  protected abstract QuotaStore open() throws QuotaStoreException;

  /**
   * Lets the store believe that some time has passed since all requests so far: by a clock that a test advances, or by dating back
   * what it has stored.
   *
   * @param time the time
   * @throws Exception if that fails
   */
  protected abstract void pass(Duration time) throws Exception;

  @AfterEach
  void closeStores() {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  private QuotaStore store() throws QuotaStoreException {
    QuotaStore store = open();
    opened.push(store);
    return store;
  }

  /** Ten permits a day, at most twenty of them. */
  private static QuotaRequest.Builder wants(int permits) {
    return QuotaRequest.builder()
        .quota("ratelimiter:api")
        .settings("limit=10")
        .instance(ONE)
        .limit(10)
        .period(DAY)
        .burst(20)
        .wanted(permits);
  }

  @Test
  @DisplayName("a new quota is full, and each lease takes from it until it has nothing")
  void lease_newQuota_takesFromTheBurst() throws Exception {
    QuotaStore store = store();

    QuotaLease first = store.lease(wants(15).build());
    QuotaLease second = store.lease(wants(15).build());
    QuotaLease third = store.lease(wants(15).build());

    assertEquals(15, first.granted());
    assertEquals(5, first.left(), 0.01);
    assertEquals(5, second.granted());
    assertEquals(0, third.granted());
    assertEquals(0, third.left(), 0.01);
    assertFalse(third.isOfOtherSettings());
  }

  @Test
  @DisplayName("a new quota that does not start full has nothing, and earns from then on")
  void lease_startsEmpty_earnsFromThenOn() throws Exception {
    QuotaStore store = store();

    assertEquals(0, store.lease(wants(5).startsFull(false).build()).granted());
    pass(DAY);
    assertEquals(10, store.lease(wants(15).startsFull(false).build()).granted());
  }

  @Test
  @DisplayName("a quota earns its limit in each period, and holds at most its burst")
  void lease_later_hasEarnedAtMostTheBurst() throws Exception {
    QuotaStore store = store();
    store.lease(wants(20).build());

    pass(DAY);
    assertEquals(10, store.lease(wants(20).build()).granted());
    pass(DAY.multipliedBy(300));
    assertEquals(20, store.lease(wants(30).build()).granted());
  }

  @Test
  @DisplayName("parts of a permit are saved: asking often loses nothing")
  void lease_often_losesNoFraction() throws Exception {
    QuotaStore store = store();
    store.lease(wants(20).build());
    int granted = 0;

    for (int i = 0; i < LEASES; i++) {
      pass(DAY.dividedBy(LEASES));
      granted += store.lease(wants(5).build()).granted();
    }
    pass(Duration.ofMinutes(5));
    granted += store.lease(wants(5).build()).granted();

    assertEquals(10, granted);
  }

  @Test
  @DisplayName(
      "what an instance has spent on credit is subtracted, below zero too, and earned again")
  void lease_spent_goesBelowZero() throws Exception {
    QuotaStore store = store();
    store.lease(wants(20).build());

    QuotaLease spent = store.lease(wants(1).spent(15).build());
    pass(DAY);
    QuotaLease later = store.lease(wants(1).build());
    pass(DAY);
    QuotaLease last = store.lease(wants(20).build());

    assertEquals(0, spent.granted());
    assertEquals(-15, spent.left(), 0.01);
    assertEquals(0, later.granted());
    assertEquals(5, last.granted());
  }

  @Test
  @DisplayName("what calls have earned is added, parts of permits too, up to the burst")
  void lease_earned_isAddedUpToTheBurst() throws Exception {
    QuotaStore store = store();
    store.lease(wants(20).limit(0).build());

    assertEquals(0, store.lease(wants(5).limit(0).earned(0.75).build()).granted());
    assertEquals(1, store.lease(wants(5).limit(0).earned(0.75).build()).granted());
    assertEquals(20, store.lease(wants(30).limit(0).earned(1e9).build()).granted());
    pass(DAY);
    assertEquals(0, store.lease(wants(5).limit(0).build()).granted());
  }

  @Test
  @DisplayName("an instance counts as one of the fleet as long as it asks, even for nothing")
  void lease_instances_areCountedWhileTheyAsk() throws Exception {
    QuotaStore store = store();

    assertEquals(1, store.lease(wants(0).build()).instances());
    assertEquals(2, store.lease(wants(0).instance(OTHER).build()).instances());
    assertEquals(2, store.lease(wants(1).build()).instances());
    pass(QuotaStore.MEMBERSHIP.minusSeconds(60));
    assertEquals(2, store.lease(wants(1).build()).instances());
    pass(QuotaStore.MEMBERSHIP.minusSeconds(29));
    assertEquals(1, store.lease(wants(1).build()).instances());
  }

  @Test
  @DisplayName("requests of other settings get nothing and change nothing while a quota is in use")
  void lease_otherSettings_changeNothing() throws Exception {
    QuotaStore store = store();
    store.lease(wants(5).build());

    QuotaLease other = store.lease(wants(5)
        .instance(OTHER)
        .settings("limit=99")
        .limit(99)
        .burst(99)
        .spent(7)
        .earned(50)
        .build());
    QuotaLease again = store.lease(wants(0).build());

    assertTrue(other.isOfOtherSettings());
    assertEquals("limit=10", other.otherSettings());
    assertEquals(0, other.granted());
    assertEquals(2, other.instances());
    assertEquals(15, again.left(), 0.01);
    assertNull(again.otherSettings());
  }

  @Test
  @DisplayName("an answer to other settings has those of the quota, whatever characters they have")
  void lease_otherSettings_areReturnedAsTheyAre() throws Exception {
    String settings = " limit = 10 \\ \\u0000 \u0000 \n名前 ";
    QuotaStore store = store();
    store.lease(wants(5).settings(settings).build());

    assertEquals(settings, store.lease(wants(5).build()).otherSettings());
  }

  @Test
  @DisplayName(
      "a quota that is no longer in use is taken over by other settings, with what it holds")
  void lease_otherSettingsLater_takeOver() throws Exception {
    QuotaStore store = store();
    store.lease(wants(5).build());

    pass(QuotaStore.TENURE.plusSeconds(1));
    QuotaLease taken =
        store.lease(wants(0).settings("limit=1").limit(1).burst(8).build());
    QuotaLease before = store.lease(wants(5).build());

    assertFalse(taken.isOfOtherSettings());
    assertEquals(8, taken.left(), 0.01);
    assertEquals("limit=1", before.otherSettings());
  }

  @Test
  @DisplayName("quotas of different names are different ones, also if they differ in case only")
  void lease_names_areDistinct() throws Exception {
    QuotaStore store = store();

    for (String name : List.of("a", "A", "a ", "ä", "a\u0308", "'; DROP TABLE quotas; --", "名前")) {
      assertEquals(20, store.lease(wants(30).quota(name).build()).granted(), name);
    }
  }

  @Test
  @DisplayName("the largest and the smallest rates")
  void lease_extremeRates_areExact() throws Exception {
    QuotaStore store = store();
    QuotaRequest.Builder fast = wants(1_000_000_000)
        .quota("fast")
        .limit(1e9)
        .period(Duration.ofSeconds(1))
        .burst(1_000_000_000);
    QuotaRequest.Builder slow =
        wants(2).quota("slow").limit(1).period(Duration.ofDays(365)).burst(1);

    assertEquals(1_000_000_000, store.lease(fast.build()).granted());
    assertEquals(1, store.lease(slow.build()).granted());
    pass(Duration.ofDays(364));
    assertEquals(1_000_000_000, store.lease(fast.build()).granted());
    assertEquals(0, store.lease(slow.build()).granted());
    pass(Duration.ofDays(2));
    assertEquals(1, store.lease(slow.build()).granted());
  }

  @Test
  @DisplayName("a store that is closed and opened again has kept its quotas")
  void open_again_hasKeptTheQuotas() throws Exception {
    QuotaStore first = open();
    first.lease(wants(15).build());
    first.close();
    first.close();

    assertEquals(5, store().lease(wants(15).instance(OTHER).build()).granted());
  }

  @Test
  @DisplayName(
      "of the leases of several instances at the same time, none takes what another has taken")
  void lease_concurrently_takesNothingTwice() throws Exception {
    List<FutureTask<Integer>> instances = new ArrayList<>();
    store().lease(wants(0).burst(LEASES).build());
    for (int i = 0; i < 4; i++) {
      UUID instance = new UUID(3, i);
      QuotaStore store = store();
      FutureTask<Integer> leases = new FutureTask<>(() -> {
        int granted = 0;
        for (int lease = 0; lease < LEASES; lease++) {
          granted +=
              store.lease(wants(1).instance(instance).burst(LEASES).build()).granted();
        }
        return granted;
      });
      instances.add(leases);
      new Thread(leases, "instance-" + i).start();
    }
    int granted = 0;
    for (FutureTask<Integer> instance : instances) {
      granted += instance.get();
    }

    assertEquals(LEASES, granted);
  }
}
