package io.aragora.resilience.jmh.benchmark;

import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.bulkhead.BulkheadFullException;
import io.github.resilience4j.bulkhead.internal.SemaphoreBulkhead;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * Claim: a place of a bulkhead is taken and given back for at most 1.5 times its floor, with two threads no slower than a
 * semaphore of the JDK, and, with a limit that is striped, for at most 1.3 times what one thread needs. Nothing is allocated,
 * also if the call is rejected by permit.
 */
public class BulkheadBenchmark extends PolicyBenchmark {
  private static final int SMALL = 10;
  private static final int LARGE = 256;

  private Bulkhead small;
  private Bulkhead large;
  private Bulkhead full;
  private Semaphore semaphore;
  private Semaphore fullSemaphore;
  private io.github.resilience4j.bulkhead.Bulkhead resilience4j;
  private io.github.resilience4j.bulkhead.Bulkhead fullResilience4j;
  private dev.failsafe.Bulkhead<Integer> failsafe;
  private dev.failsafe.Bulkhead<Integer> fullFailsafe;

  /** Creates the bulkheads. */
  @Setup
  public void setUp() {
    small = resilience.bulkhead("small", BulkheadConfig.of(SMALL));
    large = resilience.bulkhead("large", BulkheadConfig.of(LARGE));
    full = resilience.bulkhead("full", BulkheadConfig.of(1));
    full.tryAcquirePermit();
    semaphore = new Semaphore(SMALL);
    fullSemaphore = new Semaphore(0);
    resilience4j = resilience4j(SMALL);
    fullResilience4j = resilience4j(1);
    fullResilience4j.tryAcquirePermission();
    failsafe = dev.failsafe.Bulkhead.of(SMALL);
    fullFailsafe = dev.failsafe.Bulkhead.of(1);
    fullFailsafe.tryAcquirePermit();
  }

  private static io.github.resilience4j.bulkhead.Bulkhead resilience4j(int calls) {
    return new SemaphoreBulkhead(
        "peer",
        io.github.resilience4j.bulkhead.BulkheadConfig.custom()
            .maxConcurrentCalls(calls)
            .maxWaitDuration(Duration.ZERO)
            .build());
  }

  @Benchmark
  public long floor(Floor floor) {
    return floor.place();
  }

  @Benchmark
  @AllocationFree
  public long oursPermit() {
    long permit = small.tryAcquirePermit();
    small.releasePermit(permit);
    return permit;
  }

  @Benchmark
  @AllocationFree
  public long oursStripedPermit() {
    long permit = large.tryAcquirePermit();
    large.releasePermit(permit);
    return permit;
  }

  @Benchmark
  @AllocationFree
  public Integer oursCall() {
    return small.call(body);
  }

  @Benchmark
  @AllocationFree
  public long oursRejected() {
    return full.tryAcquirePermit();
  }

  @Benchmark
  public Object oursException() {
    try {
      return full.call(body);
    } catch (BulkheadFullException e) {
      return e;
    }
  }

  @Benchmark
  public boolean semaphore() {
    boolean taken = semaphore.tryAcquire();
    semaphore.release();
    return taken;
  }

  @Benchmark
  public boolean semaphoreRejected() {
    return fullSemaphore.tryAcquire();
  }

  @Benchmark
  public boolean resilience4jPermit() {
    boolean taken = resilience4j.tryAcquirePermission();
    resilience4j.onComplete();
    return taken;
  }

  @Benchmark
  public Integer resilience4jCall() {
    return resilience4j.executeSupplier(supplier);
  }

  @Benchmark
  public boolean resilience4jRejected() {
    return fullResilience4j.tryAcquirePermission();
  }

  @Benchmark
  public Object resilience4jException() {
    try {
      return fullResilience4j.executeSupplier(supplier);
    } catch (io.github.resilience4j.bulkhead.BulkheadFullException e) {
      return e;
    }
  }

  @Benchmark
  public boolean sentinelPermit(SentinelPeer.Places peer) {
    return peer.isAdmitted();
  }

  @Benchmark
  public boolean sentinelRejected(SentinelPeer.Places peer) {
    return peer.isNeverAdmitted();
  }

  @Benchmark
  public boolean failsafePermit() {
    boolean taken = failsafe.tryAcquirePermit();
    failsafe.releasePermit();
    return taken;
  }

  @Benchmark
  public boolean failsafeRejected() {
    return fullFailsafe.tryAcquirePermit();
  }
}
