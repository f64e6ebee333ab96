package io.aragora.resilience.jmh.report;

import io.aragora.resilience.jmh.benchmark.AsyncRetryBenchmark;
import io.aragora.resilience.jmh.benchmark.AsyncTimeoutBenchmark;
import io.aragora.resilience.jmh.benchmark.ClosedCallBenchmark;
import io.aragora.resilience.jmh.benchmark.CountWindowBenchmark;
import io.aragora.resilience.jmh.benchmark.FailureBenchmark;
import io.aragora.resilience.jmh.benchmark.HalfOpenBenchmark;
import io.aragora.resilience.jmh.benchmark.ObservedCallBenchmark;
import io.aragora.resilience.jmh.benchmark.OneTickBenchmark;
import io.aragora.resilience.jmh.benchmark.PipelineBenchmark;
import io.aragora.resilience.jmh.benchmark.ProxyBenchmark;
import io.aragora.resilience.jmh.benchmark.RejectionBenchmark;
import io.aragora.resilience.jmh.benchmark.RetryBenchmark;
import io.aragora.resilience.jmh.benchmark.ScrapeBenchmark;
import io.aragora.resilience.jmh.benchmark.SlowCallRuleBenchmark;
import io.aragora.resilience.jmh.benchmark.StoreBenchmark;
import io.aragora.resilience.jmh.benchmark.ThreeAttemptsBenchmark;
import io.aragora.resilience.jmh.benchmark.TimeoutBenchmark;
import io.aragora.resilience.jmh.benchmark.TimerBenchmark;
import io.aragora.resilience.jmh.benchmark.TransitionBenchmark;
import io.aragora.resilience.jmh.benchmark.VirtualThreadBenchmark;
import io.aragora.resilience.jmh.benchmark.VirtualThreadTimeoutBenchmark;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The project's claims about its speed: one line of the table for each. */
final class Claims {
  private static final String GET_AND_ADD = "getAndAdd";
  private static final String NANO_TIME = "nanoTime";

  private static final Figure PERMIT = Figure.of(ClosedCallBenchmark.class, "oursPermit");
  private static final Figure CALL = Figure.of(ClosedCallBenchmark.class, "oursCall");
  private static final Figure SLOW = Figure.of(SlowCallRuleBenchmark.class, "oursCall");
  private static final Figure REJECTION = Figure.of(RejectionBenchmark.class, "oursPermit");
  private static final Figure RETRY = Figure.of(RetryBenchmark.class, "ours");
  private static final Figure TIMEOUT = Figure.of(TimeoutBenchmark.class, "ours");
  private static final Figure OBSERVED = Figure.of(ObservedCallBenchmark.class, "oursObserved");
  private static final Figure VIRTUAL = Figure.of(VirtualThreadBenchmark.class, "oursPermit");

  static final List<Claim> ALL = List.of(
      closedByPermit(
          "closed call by permit",
          PERMIT,
          Budget.atMost(2.5, PERMIT.sibling("getAndAdd"), GET_AND_ADD)),
      closedByPermit(
          "closed call by permit, 2 threads",
          PERMIT.threads(2),
          Budget.atMost(1.3, PERMIT, "one thread")),
      closedByCall("closed call by `call`", CALL),
      closedByCall("closed call by `call`, 2 threads", CALL.threads(2)),
      virtual("closed call by permit, 2 virtual threads", VIRTUAL.virtualThreads(2)),
      virtual("closed call by permit, 64 virtual threads", VIRTUAL.virtualThreads(64)),
      Claim.of(
              "closed call with a slow-call rule",
              SLOW,
              Budget.atMost(2, SLOW.sibling("nanoTime"), NANO_TIME)
                  .plus(4, SLOW.sibling("getAndAdd"), GET_AND_ADD))
          .peer("R4j count", "resilience4jCountLockedCall")
          .peer("R4j time", "resilience4jTimeLockedCall"),
      countWindow("count window of 20", "oursLast20Permit", 1),
      countWindow("count window of 100", "oursLast100Permit", 1),
      countWindow("count window of 100, 2 threads", "oursLast100Permit", 2),
      failure("every other call fails, consecutive failures", "oursInARow"),
      failure("every other call fails, failure rate", "oursRate"),
      Claim.of(
              "rejection by permit",
              REJECTION,
              Budget.atMost(1, REJECTION.sibling("nanoTime"), NANO_TIME).plusNanos(5))
          .peer("R4j", "resilience4jPermit")
          .peer("Failsafe", "failsafeDirect"),
      Claim.of("rejection by `tryCall`", REJECTION.sibling("oursTryCall"), Budget.NONE),
      Claim.of(
              "rejection by exception",
              REJECTION.sibling("oursException"),
              Budget.atMost(3, REJECTION.sibling("nanoTime"), NANO_TIME))
          .peer("R4j", "resilience4jException")
          .peer("R4j stackless", "resilience4jExceptionStackless")
          .peer("Failsafe executor", "failsafeExecutor"),
      Claim.of(
              "half-open: take and hand back",
              Figure.of(HalfOpenBenchmark.class, "ours"),
              Budget.NONE)
          .peer("R4j", "resilience4j")
          .peer("Failsafe", "failsafeWithSuccess"),
      Claim.of("open and close by hand", Figure.of(TransitionBenchmark.class, "ours"), Budget.NONE)
          .peer("R4j", "resilience4j")
          .peer("Failsafe", "failsafe"),
      Claim.of(
          "open and close by hand, saved",
          Figure.of(TransitionBenchmark.class, "oursKept"),
          Budget.atMost(1, Figure.of(TransitionBenchmark.class, "ours"), "not saved")
              .plusNanos(200)),
      Claim.of(
              "10,000 breakers saved, each",
              Figure.of(StoreBenchmark.class, "oursSave"),
              Budget.atMostMillis(0.05))
          .peer("plain JDBC", "plainJdbcSave"),
      Claim.of(
          "10,000 breakers restored, each",
          Figure.of(StoreBenchmark.class, "oursRestore"),
          Budget.atMostMillis(0.05)),
      retry("retry, succeeds at once", RETRY),
      retry("retry, succeeds at once, 2 threads", RETRY.threads(2)),
      threeAttempts("three attempts, two fail, no wait", "Failures"),
      threeAttempts("three attempts, two results rejected, no wait", "Results"),
      async("async retry, stage is complete", AsyncRetryBenchmark.class, "Completed")
          .peer("Failsafe, other thread", "failsafeOnItsThread"),
      async("async retry, stage completes later", AsyncRetryBenchmark.class, "Later"),
      timeout("timeout, in time", TIMEOUT),
      timeout("timeout, in time, 2 threads", TIMEOUT.threads(2)),
      async("async timeout, stage is complete", AsyncTimeoutBenchmark.class, "Completed")
          .peer("Failsafe, other thread", "failsafeOnItsThread"),
      async("async timeout, stage completes later", AsyncTimeoutBenchmark.class, "Later")
          .peer("orTimeout", "orTimeoutLater"),
      timer("timer: arm and cancel at once", "oursAtOnce", "atOnceScheduledThreadPool")
          .peer("orTimeout", "atOnceOrTimeout"),
      timer("timer: arm and cancel, time given", "oursTimeGiven", "atOnceScheduledThreadPool"),
      timer("timer: arm, cancel 4096 armings later", "oursLater", "laterScheduledThreadPool"),
      Claim.of(
              "timer: 100,000 due in one tick, arm and fire, each",
              Figure.of(OneTickBenchmark.class, "ours"),
              Budget.NONE)
          .peer("ScheduledThreadPool", "scheduledThreadPool"),
      virtualTimeout("timeout, in time, 2 virtual threads", 2),
      virtualTimeout("timeout, in time, 64 virtual threads", 64),
      yielding("timeout, body yields, 2 virtual threads", 2),
      yielding("timeout, body yields, 64 virtual threads", 64),
      Claim.of(
              "retry → breaker → timeout",
              Figure.of(PipelineBenchmark.class, "ours"),
              Budget.atMost(3, Figure.of(PipelineBenchmark.class, "nanoTime"), NANO_TIME))
          .peer("R4j, other thread", "resilience4jOnItsThread")
          .peer("Failsafe", "failsafeExecutor"),
      Claim.of(
              "breaker by annotation",
              Figure.of(ProxyBenchmark.class, "oursAnnotated"),
              Budget.NONE)
          .peer("the same in code", "oursInCode")
          .peer("R4j decorated", "resilience4jDecorated"),
      Claim.of(
          "breaker and fallback by annotation",
          Figure.of(ProxyBenchmark.class, "oursAnnotatedFallback"),
          Budget.NONE),
      Claim.of(
          "closed call by `call`, with metrics and a flight recording",
          OBSERVED,
          Budget.atMost(1.05, OBSERVED.sibling("unobserved"), "without")),
      Claim.of(
              "closed call by `call`, with its duration in a histogram",
              OBSERVED.sibling("oursTimed"),
              Budget.NONE)
          .peer("without", "unobserved")
          .peer("nanoTime", "nanoTime"),
      Claim.of(
              "rejection by permit, recorded by the flight recorder",
              OBSERVED.sibling("oursRejectionRecorded"),
              Budget.NONE)
          .peer("not recorded", "rejectionNotRecorded"),
      Claim.of(
          "scrape of 10,000 breakers",
          Figure.of(ScrapeBenchmark.class, "oursBreakers"),
          Budget.atMostMillis(100)),
      Claim.of(
          "scrape of 10,000 keys",
          Figure.of(ScrapeBenchmark.class, "oursKeys"),
          Budget.atMostMillis(100)));

  private Claims() {}

  /** All measurements that the claims need. */
  static Set<Figure> figures() {
    return ALL.stream()
        .flatMap(claim -> Stream.of(
                Stream.of(claim.ours()),
                claim.budget().terms().stream().map(Budget.Term::figure),
                claim.peers().stream().map(Claim.Peer::figure))
            .flatMap(figures -> figures))
        .collect(Collectors.toUnmodifiableSet());
  }

  private static Claim closedByPermit(String title, Figure ours, Budget budget) {
    return Claim.of(title, ours, budget)
        .peer("R4j count", "resilience4jCountLockedPermit")
        .peer("R4j time", "resilience4jTimeLockedPermit")
        .peer("R4j time lock-free", "resilience4jTimeLockFreePermit")
        .peer("Failsafe count", "failsafeCountDirect")
        .peer("Failsafe time", "failsafeTimeDirect");
  }

  private static Claim closedByCall(String title, Figure ours) {
    return Claim.of(title, ours, Budget.NONE)
        .peer("R4j count", "resilience4jCountLockedCall")
        .peer("R4j time", "resilience4jTimeLockedCall")
        .peer("R4j time lock-free", "resilience4jTimeLockFreeCall")
        .peer("Failsafe executor", "failsafeCountExecutor");
  }

  private static Claim virtual(String title, Figure ours) {
    return Claim.of(title, ours, Budget.atMost(1, ours.sibling("longAdder"), "LongAdder"))
        .peer("R4j time", "resilience4jTimeLockedPermit")
        .peer("Failsafe count", "failsafeCountDirect");
  }

  private static Claim countWindow(String title, String method, int threads) {
    Figure ours = Figure.of(CountWindowBenchmark.class, method).threads(threads);
    return Claim.of(
            title, ours, Budget.atMost(1, ours.sibling("resilience4jLockedPermit"), "R4j locked"))
        .peer("R4j lock-free", "resilience4jLockFreePermit")
        .peer("Failsafe", "failsafeDirect")
        .peer("one shared getAndAdd", "sharedGetAndAdd");
  }

  private static Claim failure(String title, String method) {
    return Claim.of(title, Figure.of(FailureBenchmark.class, method), Budget.NONE)
        .peer("R4j count", "resilience4jCountLocked")
        .peer("R4j time", "resilience4jTimeLocked")
        .peer("Failsafe count", "failsafeDirect");
  }

  private static Claim retry(String title, Figure ours) {
    return Claim.of(
            title,
            ours,
            Budget.atMost(1, ours.sibling("emptyCall"), "empty call")
                .plus(2, ours.sibling("getAndAdd"), GET_AND_ADD))
        .peer("R4j", "resilience4j")
        .peer("Failsafe", "failsafeExecutor");
  }

  private static Claim threeAttempts(String title, String kind) {
    return Claim.of(title, Figure.of(ThreeAttemptsBenchmark.class, "ours" + kind), Budget.NONE)
        .peer("three empty calls", "emptyCalls")
        .peer("R4j", "resilience4j" + kind)
        .peer("Failsafe", "failsafe" + kind);
  }

  private static Claim timeout(String title, Figure ours) {
    return Claim.of(title, ours, Budget.atMost(2, ours.sibling("nanoTime"), NANO_TIME))
        .peer("R4j, other thread", "resilience4jOnItsThread")
        .peer("Failsafe", "failsafeExecutor");
  }

  private static Claim timer(String title, String method, String jdk) {
    Figure ours = Figure.of(TimerBenchmark.class, method);
    return Claim.of(title, ours, Budget.atMost(0.125, ours.sibling(jdk), "ScheduledThreadPool"));
  }

  private static Claim virtualTimeout(String title, int threads) {
    Figure ours = Figure.of(VirtualThreadTimeoutBenchmark.class, "ours").virtualThreads(threads);
    return Claim.of(title, ours, Budget.atMost(2, ours.sibling("nanoTime"), NANO_TIME))
        .peer("Failsafe", "failsafeExecutor");
  }

  private static Claim yielding(String title, int threads) {
    Figure ours =
        Figure.of(VirtualThreadTimeoutBenchmark.class, "oursYielding").virtualThreads(threads);
    return Claim.of(title, ours, Budget.NONE).peer("body alone", "bodyYielding");
  }

  private static Claim async(String title, Class<?> benchmarks, String kind) {
    return Claim.of(title, Figure.of(benchmarks, "ours" + kind), Budget.NONE)
        .peer("no policy", "empty" + kind)
        .peer("R4j", "resilience4j" + kind);
  }
}
