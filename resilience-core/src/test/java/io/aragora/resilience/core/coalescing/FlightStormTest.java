package io.aragora.resilience.core.coalescing;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerTotals;
import io.aragora.resilience.coalescing.ResultCache;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A storm on a few keys, with cancellations, deadlines and failures, replayed from a seed. */
class FlightStormTest {
  private static final int UNDER_WAY = 200;

  /** A body under way, for the key that it was started for. */
  private record Started(String key, CompletableFuture<String> body) {}

  private static final class Run {
    private final ManualTime time;
    private final Random random;
    private final Resilience resilience;
    private final Coalescer<String, String> coalescer;
    private final Timeout timeout;
    private final List<CompletableFuture<String>> calls = new ArrayList<>();
    private final List<Started> bodies = new ArrayList<>();
    private final Map<String, Integer> underWay = new HashMap<>();
    private final StringBuilder outcomes = new StringBuilder();
    private int mostBodies;
    private int started;

    Run(long seed, int count, boolean sharesFailures) {
      time = ManualTime.seeded(seed);
      random = new Random(seed);
      resilience = Resilience.builder().timeSource(time).build();
      timeout = resilience.timeout("t", c -> c.limit(Duration.ofMillis(10)));
      coalescer = resilience.coalescer(
          "c",
          c -> c.shareFailures(sharesFailures)
              .staleIfError(ResultCache.of(new ConcurrentHashMap<>()), Duration.ofMillis(40)));
      for (int i = 0; i < count; i++) {
        begin();
        while (calls.size() >= UNDER_WAY) {
          step();
        }
      }
      while (!calls.isEmpty()) {
        step();
      }
      time.runPending();
    }

    private void begin() {
      String key = "k" + random.nextInt(3);
      CompletableFuture<String> call = random.nextInt(4) == 0
          ? timeout.callAsync(() -> coalescer.callAsync(key, () -> body(key)))
          : coalescer.callAsync(key, () -> body(key));
      call.whenComplete((value, failure) -> outcomes.append(
          value != null ? value : failure.getClass().getSimpleName().substring(0, 1)));
      calls.add(call);
    }

    private CompletableFuture<String> body(String key) {
      started++;
      CompletableFuture<String> body = new CompletableFuture<>();
      mostBodies = Math.max(mostBodies, underWay.merge(key, 1, Integer::sum));
      body.whenComplete((value, failure) -> underWay.merge(key, -1, Integer::sum));
      bodies.add(new Started(key, body));
      return body;
    }

    /** Ends a body, cancels a call, or lets time pass. */
    private void step() {
      int what = random.nextInt(100);
      if (what < 70) {
        calls.get(random.nextInt(calls.size())).cancel(true);
      } else if (what < 85 && !bodies.isEmpty()) {
        CompletableFuture<String> body =
            bodies.get(random.nextInt(bodies.size())).body();
        if (random.nextInt(3) == 0) {
          body.completeExceptionally(new IOException("down"));
        } else {
          body.complete("" + random.nextInt(10));
        }
      } else {
        time.advance(Duration.ofMillis(random.nextInt(3)));
      }
      if (random.nextBoolean()) {
        time.runPending();
      }
      calls.removeIf(CompletableFuture::isDone);
      bodies.removeIf(started -> started.body().isDone());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  @Tag("CA-01")
  @Tag("CA-06")
  @Tag("CA-08")
  void storm_hasOneBodyForEachKey_andNothingIsLeft(long seed) {
    Run run = new Run(seed, 5_000, seed % 2 == 0);
    assertThat(run.bodies).as("bodies under way without a call").isEmpty();
    assertThat(run.mostBodies).as("bodies of one key at a time").isLessThanOrEqualTo(2);
    assertThat(run.coalescer.flights()).isZero();
    CoalescerTotals totals = run.coalescer.totals();
    assertThat(totals.calls()).isEqualTo(5_000);
    assertThat(totals.joined()).isGreaterThan(totals.led());
    assertThat(totals.handedOver()).isPositive();
    assertThat(totals.stale()).isPositive();
    assertThat(run.started).isLessThanOrEqualTo((int) (totals.led() + totals.handedOver()));
    long fired = run.resilience.status().timer().fired();
    run.time.advance(Duration.ofHours(1));
    assertThat(run.resilience.status().timer().fired()).as("no timer entry").isEqualTo(fired);
    run.resilience.close();
  }

  @Test
  @Tag("CA-01")
  void sameSeed_hasTheSameOutcomes() {
    Run one = new Run(7, 1_000, true);
    Run other = new Run(7, 1_000, true);
    assertThat(other.outcomes).hasToString(one.outcomes.toString());
    assertThat(other.coalescer.totals()).isEqualTo(one.coalescer.totals());
    one.resilience.close();
    other.resilience.close();
  }
}
