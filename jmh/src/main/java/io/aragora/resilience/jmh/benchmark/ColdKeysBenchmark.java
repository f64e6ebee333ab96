package io.aragora.resilience.jmh.benchmark;

import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * What a call costs if its breaker is in no cache of the processor: the keys are called in
 * scattered order, each once in a round. The look-up of a key is part of it; {@link #mapGet} is
 * that of a {@code ConcurrentHashMap} alone. Resilience4j's windows have ten calls instead of a
 * hundred, since a million of those need more memory than such a machine has.
 */
public class ColdKeysBenchmark extends PolicyBenchmark {
  private static final int PEER_CALLS = 10;

  /** Odd, so that a multiple of it reaches every key of a power of two. */
  private static final int SCATTER = 0x9E3779B1;

  /** The number of keys. The larger one is the power of two next to a million. */
  @Param({"16384", "1048576"})
  public int keys;

  private String[] names;

  /** The next key of a thread. */
  @State(Scope.Thread)
  public static class Place {
    private int next;

    String next(String[] names) {
      next++;
      return names[(next * SCATTER) & (names.length - 1)];
    }
  }

  /** A map of the keys alone. */
  @State(Scope.Benchmark)
  public static class Plain {
    private final ConcurrentHashMap<String, Object> map = new ConcurrentHashMap<>();

    /**
     * Fills the map.
     *
     * @param all has the keys
     */
    @Setup
    public void setUp(ColdKeysBenchmark all) {
      for (String name : all.names()) {
        map.put(name, new Object());
      }
    }
  }

  /** Breakers of this library, by key. */
  @State(Scope.Benchmark)
  public static class Ours {
    private KeyedCircuitBreaker breakers;

    /**
     * Calls every key once.
     *
     * @param all has the keys
     */
    @Setup
    public void setUp(ColdKeysBenchmark all) {
      breakers = all.resilience.keyedCircuitBreaker("cold", config -> config.maxKeys(all.keys));
      for (String name : all.names()) {
        breakers.forKey(name).call(all.body);
      }
    }
  }

  /** Resilience4j's registry. */
  @State(Scope.Benchmark)
  public static class Resilience4j {
    private CircuitBreakerRegistry registry;

    /**
     * Calls every key once.
     *
     * @param all has the keys
     */
    @Setup
    public void setUp(ColdKeysBenchmark all) {
      registry = CircuitBreakerRegistry.of(
          CircuitBreakerConfig.custom().slidingWindowSize(PEER_CALLS).build());
      for (String name : all.names()) {
        registry.circuitBreaker(name).executeSupplier(all.supplier);
      }
    }
  }

  /** The keys, which are created by the first state that needs them. */
  private synchronized String[] names() {
    if (names == null) {
      names = new String[keys];
      for (int i = 0; i < keys; i++) {
        names[i] = "key-" + i;
      }
    }
    return names;
  }

  @Benchmark
  public Object mapGet(Plain plain, Place place) {
    return plain.map.get(place.next(names));
  }

  @Benchmark
  public long oursPermit(Ours ours, Place place) {
    var breaker = ours.breakers.forKey(place.next(names));
    long permit = breaker.tryAcquirePermit();
    breaker.recordSuccess(permit);
    return permit;
  }

  @Benchmark
  public boolean resilience4jPermit(Resilience4j peer, Place place) {
    CircuitBreaker breaker = peer.registry.circuitBreaker(place.next(names));
    boolean permitted = breaker.tryAcquirePermission();
    breaker.onSuccess(Peers.CALL_NANOS, TimeUnit.NANOSECONDS);
    return permitted;
  }
}
