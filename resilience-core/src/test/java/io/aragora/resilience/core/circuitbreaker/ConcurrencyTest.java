package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.core.AtOnce;
import io.aragora.resilience.persistence.StateStore;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Breakers under real threads. No test depends on the interleaving of the threads. */
class ConcurrencyTest extends BreakerFixture {
  private static final Set<CircuitBreakerState> UNFORCED = EnumSet.of(
      CircuitBreakerState.CLOSED, CircuitBreakerState.OPEN, CircuitBreakerState.HALF_OPEN);

  private static boolean failIfAdmitted(CircuitBreaker breaker) {
    long permit = breaker.tryAcquirePermit();
    if (permit == CircuitBreaker.REJECTED) {
      return false;
    }
    breaker.recordFailure(permit, null);
    return true;
  }

  @Test
  @Tag("CB-49")
  @DisplayName(
      "five threads with three failures each lose none, including those after the transition")
  void failuresAroundTheTrip_areAllCounted() throws Exception {
    CircuitBreaker breaker = opensAfter(10);
    List<CircuitBreakerTransition> seen = transitionsOf(breaker);
    long[] permits =
        IntStream.range(0, 15).mapToLong(i -> breaker.acquirePermit()).toArray();
    AtOnce.run(5, thread -> {
      for (int i = 0; i < 3; i++) {
        breaker.recordFailure(permits[thread * 3 + i], new IOException("down"));
      }
    });
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(15);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    time.runPending();
    assertThat(seen).hasSize(1);
  }

  @Test
  @Tag("CB-49")
  @DisplayName("three threads that each fail once on ten keys leave exactly three failures on each")
  void failuresOfKeys_areExact() throws Exception {
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(100));
    AtOnce.run(3, thread -> {
      for (int key = 0; key < 10; key++) {
        fail(keyed.forKey("agent-" + key));
      }
    });
    assertThat(keyed.size()).isEqualTo(10);
    assertThat(keyed.snapshots().values())
        .extracting(snapshot -> snapshot.consecutiveFailures())
        .containsOnly(3);
  }

  @Test
  @Tag("CB-49")
  @DisplayName(
      "ten threads with a hundred failures each make exactly a thousand consecutive ones, and "
          + "the last one opens")
  void consecutiveFailures_areExact() throws Exception {
    CircuitBreaker breaker = opensAfter(1000);
    AtOnce.run(10, thread -> times(100, () -> fail(breaker)));
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(1000);
    assertThat(breaker.snapshot().consecutiveFailures()).isEqualTo(1000);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().transitions()).isEqualTo(1);
  }

  @Test
  @Tag("fault-16")
  @DisplayName("eight threads with twenty thousand failures each lose none, on one key")
  void contendedKey_losesNothing() throws Exception {
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(1_000_000));
    AtOnce.run(8, thread -> times(20_000, () -> fail(keyed.forKey("agent-1"))));
    assertThat(keyed.snapshots().get("agent-1").totals().failures()).isEqualTo(160_000);
    assertThat(keyed.snapshots().get("agent-1").consecutiveFailures()).isEqualTo(160_000);
  }

  @Test
  @Tag("CB-49")
  @Tag("fault-16")
  @DisplayName("admitted and rejected calls around a transition add up, and the breaker opens once")
  void admittedAndRejected_aroundATransition_addUp() throws Exception {
    CircuitBreaker breaker = opensAfter(1000);
    AtomicInteger rejected = new AtomicInteger();
    AtOnce.run(
        8,
        thread -> times(20_000, () -> {
          long permit = breaker.tryAcquirePermit();
          if (permit == CircuitBreaker.REJECTED) {
            rejected.incrementAndGet();
          } else {
            breaker.recordFailure(permit, null);
          }
        }));
    assertThat(breaker.snapshot().transitions()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().failures() + rejected.get()).isEqualTo(160_000);
    assertThat(breaker.snapshot().totals().rejected()).isEqualTo(rejected.get());
  }

  @Test
  @Tag("CB-50")
  @Tag("fault-17")
  @DisplayName("reading, filtering and saving are consistent while keys are created, fail and are "
      + "evicted")
  void readingDuringChurn_isWhole() throws Exception {
    KeyedCircuitBreaker keyed = resilience.keyedCircuitBreaker(
        "churn",
        KeyedCircuitBreakerConfig.builder()
            .breaker(config().failureThreshold(1).build())
            .maxKeys(20)
            .build());
    List<String> names = IntStream.range(0, 40).mapToObj(i -> "agent-" + i).toList();
    AtOnce.run(4, thread -> {
      for (int i = 0; i < 5_000; i++) {
        String name = names.get((i * 7 + i / 4 + thread) % names.size());
        switch ((i + thread) % 4) {
          case 0 -> failIfAdmitted(keyed.forKey(name));
          case 1 -> keyed.remove(name);
          case 2 -> keyed.reset(name);
          default -> {
            assertThat(names).containsAll(keyed.filterAvailable(names));
            assertThat(names).containsAll(keyed.states().keySet());
            assertThat(UNFORCED).containsAll(keyed.states().values());
            assertThat(keyed.snapshots().values()).allMatch(s -> UNFORCED.contains(s.state()));
            assertThat(keyed.save())
                .allMatch(row -> row.id().toString().startsWith("churn:agent-"));
          }
        }
      }
    });
    assertThat(keyed.size()).isLessThanOrEqualTo(20);
  }

  @Test
  @Tag("CB-51")
  @DisplayName("a half-open key admits only the limit of many threads at once")
  void halfOpenKey_admitsItsLimit() throws Exception {
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(1).halfOpenMaxCalls(3));
    CircuitBreaker agent = keyed.forKey("agent-1");
    fail(agent);
    time.advance(COOLDOWN);
    AtomicInteger admitted = new AtomicInteger();
    AtOnce.run(
        10,
        thread -> times(100, () -> {
          if (agent.tryAcquirePermit() != CircuitBreaker.REJECTED) {
            admitted.incrementAndGet();
          }
        }));
    assertThat(admitted).hasValue(3);
    assertThat(agent.snapshot().probesInFlight()).isEqualTo(3);
    assertThat(agent.snapshot().transitions()).as("open, half-open").isEqualTo(2);
  }

  @Test
  @Tag("CB-52")
  @DisplayName("five threads that succeed at once on a half-open key close it, once")
  void concurrentSuccesses_close() throws Exception {
    KeyedCircuitBreaker keyed =
        keyed(config().failureThreshold(1).halfOpenMaxCalls(5).successThreshold(2));
    CircuitBreaker agent = keyed.forKey("agent-1");
    fail(agent);
    time.advance(COOLDOWN);
    AtOnce.run(5, thread -> succeed(agent));
    assertThat(keyed.state("agent-1")).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(agent.snapshot().transitions()).isEqualTo(3);
    assertThat(agent.snapshot().totals().successes()).isEqualTo(5);
  }

  @Test
  @Tag("V2-35")
  @DisplayName(
      "concurrent successes all return; each concurrent failure is the original exception or a "
          + "rejection")
  void decoratedCalls_allComeOut() throws Exception {
    AtomicInteger returned = new AtomicInteger();
    CircuitBreaker good = resilience.circuitBreaker("good");
    AtOnce.run(20, thread -> returned.addAndGet(good.<Integer, RuntimeException>call(() -> 1)));
    assertThat(returned).hasValue(20);
    CircuitBreaker bad = opensAfter(5);
    AtomicInteger originals = new AtomicInteger();
    AtomicInteger rejections = new AtomicInteger();
    Runnable failing = bad.decorateRunnable(() -> {
      throw new IllegalStateException("down");
    });
    AtOnce.run(10, thread -> {
      try {
        failing.run();
      } catch (CallNotPermittedException e) {
        rejections.incrementAndGet();
      } catch (IllegalStateException e) {
        originals.incrementAndGet();
      }
    });
    assertThat(originals.get()).isBetween(5, 10);
    assertThat(originals.get() + rejections.get()).isEqualTo(10);
    assertThat(bad.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  @Tag("V2-38")
  @DisplayName(
      "mixed operations of several threads end in a valid state, and ten times fifty successes "
          + "are five hundred")
  void mixedOperations_endInAValidState() throws Exception {
    CircuitBreaker mixed = opensAfter(3);
    AtOnce.run(4, thread -> {
      for (int i = 0; i < 50; i++) {
        long permit = mixed.tryAcquirePermit();
        if (permit != CircuitBreaker.REJECTED) {
          switch ((i + thread) % 3) {
            case 0 -> mixed.recordSuccess(permit);
            case 1 -> mixed.recordFailure(permit, new IOException("down"));
            default -> mixed.releasePermit(permit);
          }
        }
        mixed.snapshot();
        if (i % 10 == 9) {
          mixed.reset();
        }
      }
    });
    assertThat(UNFORCED).contains(mixed.state());
    CircuitBreaker good = resilience.circuitBreaker("good");
    AtOnce.run(10, thread -> times(50, () -> succeed(good)));
    assertThat(good.snapshot().totals().successes()).isEqualTo(500);
    assertThat(good.snapshot().windowCalls()).isEqualTo(500);
  }

  /** A store whose save lasts until other threads have used the runtime. */
  private static final class SlowStore implements StateStore {
    private final Body whileSaving;

    @FunctionalInterface
    private interface Body {
      void run() throws Exception;
    }

    SlowStore(Body whileSaving) {
      this.whileSaving = whileSaving;
    }

    @Override
    public Loaded load() {
      return Loaded.of(List.of(), List.of());
    }

    @Override
    public int save(Collection<SavedBreaker> states) {
      try {
        whileSaving.run();
      } catch (Exception e) {
        throw new AssertionError(e);
      }
      return states.size();
    }

    @Override
    public int purgeSavedBefore(Instant cutOff) {
      return 0;
    }

    @Override
    public void close() {}
  }

  @Test
  @Tag("fault-19")
  @DisplayName("breakers are looked up, created and used while a store writes")
  void slowStore_delaysNoCaller() {
    List<Resilience> runtimes = new ArrayList<>();
    AtomicInteger saves = new AtomicInteger();
    SlowStore store = new SlowStore(() -> {
      // Only the first time: each use changes what is to be saved next.
      if (saves.getAndIncrement() == 0) {
        AtOnce.run(2, thread -> {
          Resilience runtime = runtimes.get(0);
          runtime.circuitBreaker("made while saving " + thread).forceOpen();
          fail(runtime.circuitBreaker("known"));
          runtime.circuitBreaker("known").reset();
        });
      }
    });
    try (Resilience runtime =
        Resilience.builder().timeSource(time).stateStore(store).build()) {
      runtimes.add(runtime);
      runtime.circuitBreaker("known").forceOpen();
      runtime.circuitBreaker("known").reset();
      assertThat(runtime.policies().circuitBreakers()).hasSize(1);
      time.advance(Duration.ofMillis(100));
      assertThat(saves.get()).as("what changed meanwhile is saved next").isGreaterThan(1);
      assertThat(runtime.policies().circuitBreakers()).hasSize(3);
      assertThat(runtime.circuitBreaker("known").snapshot().totals().failures()).isEqualTo(2);
    }
  }

  @Test
  @Tag("fault-20")
  @DisplayName(
      "runtimes share nothing, and threads that create the same names get the same breakers")
  void runtimes_shareNothing() throws Exception {
    try (Resilience other = Resilience.builder().timeSource(time).build()) {
      AtOnce.run(4, thread -> {
        for (int i = 0; i < 200; i++) {
          Resilience mine = thread % 2 == 0 ? resilience : other;
          fail(mine.circuitBreaker("name-" + i, config().failureThreshold(100).build()));
        }
      });
      assertThat(resilience.policies().circuitBreakers()).hasSize(200);
      assertThat(other.policies().circuitBreakers()).hasSize(200);
      assertThat(resilience.policies().circuitBreakers())
          .allMatch(breaker -> breaker.snapshot().consecutiveFailures() == 2);
      resilience.circuitBreaker("name-0").forceOpen();
      assertThat(other.circuitBreaker("name-0").state()).isEqualTo(CircuitBreakerState.CLOSED);
    }
  }
}
