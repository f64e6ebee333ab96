package io.aragora.resilience.jmh.benchmark;

import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * What a coalescer adds to a call that leads, and to one that joins and leaves a call under way, beside the floor: a map of
 * futures, as it is written by hand. The floor does not let a call leave.
 */
public class CoalescerBenchmark extends PolicyBenchmark {
  private final ConcurrentHashMap<Object, CompletableFuture<Integer>> futures =
      new ConcurrentHashMap<>();

  private Coalescer<Object, Integer> coalescer;
  private Coalescer<Object, Integer> hanging;

  /** A key for each thread, so that its calls lead. */
  @State(Scope.Thread)
  public static class Key {
    final Object key = new Object();
  }

  /** Begins a call that never ends. */
  @Setup
  public void setUp() {
    coalescer = resilience.coalescer("coalescer", CoalescerConfig.defaults());
    hanging = resilience.coalescer("hanging", c -> c.maxFlight(Duration.ofDays(1)));
    hanging.callAsync("hot", CompletableFuture::new);
    futures.put("hot", new CompletableFuture<>());
  }

  @Benchmark
  public Integer oursLed(Key own) {
    return coalescer.call(own.key, body);
  }

  @Benchmark
  public Integer floorLed(Key own) {
    CompletableFuture<Integer> future = new CompletableFuture<>();
    if (futures.compute(own.key, (key, present) -> present != null ? present : future) != future) {
      throw new AssertionError("the key is of this thread alone");
    }
    Integer result = body.get();
    futures.remove(own.key, future);
    future.complete(result);
    return result;
  }

  @Benchmark
  public boolean oursJoined() {
    return hanging.callAsync("hot", CompletableFuture::new).cancel(true);
  }

  @Benchmark
  public boolean floorJoined() {
    CompletableFuture<Integer> own = new CompletableFuture<>();
    CompletableFuture<Integer> shared =
        futures.compute("hot", (key, present) -> present != null ? present : own);
    return !shared.isDone() && own.cancel(true);
  }
}
