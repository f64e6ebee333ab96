package io.aragora.resilience.jmh.report;

import io.aragora.resilience.jmh.benchmark.AsyncBreakerBenchmark;
import io.aragora.resilience.jmh.benchmark.AsyncRetryBenchmark;
import io.aragora.resilience.jmh.benchmark.AsyncTimeoutBenchmark;
import io.aragora.resilience.jmh.benchmark.BulkheadBenchmark;
import io.aragora.resilience.jmh.benchmark.ChaosBenchmark;
import io.aragora.resilience.jmh.benchmark.ClosedCallBenchmark;
import io.aragora.resilience.jmh.benchmark.CoalescerBenchmark;
import io.aragora.resilience.jmh.benchmark.ColdKeysBenchmark;
import io.aragora.resilience.jmh.benchmark.ConcurrencyLimitBenchmark;
import io.aragora.resilience.jmh.benchmark.CountWindowBenchmark;
import io.aragora.resilience.jmh.benchmark.FailureBenchmark;
import io.aragora.resilience.jmh.benchmark.HalfOpenBenchmark;
import io.aragora.resilience.jmh.benchmark.HedgeBenchmark;
import io.aragora.resilience.jmh.benchmark.ObservedCallBenchmark;
import io.aragora.resilience.jmh.benchmark.OneTickBenchmark;
import io.aragora.resilience.jmh.benchmark.PipelineBenchmark;
import io.aragora.resilience.jmh.benchmark.PollutedProfileBenchmark;
import io.aragora.resilience.jmh.benchmark.ProxyBenchmark;
import io.aragora.resilience.jmh.benchmark.RateLimiterBenchmark;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The project's claims about its speed: one line of the table for each. */
final class Claims {
  private static final String FLOOR = "floor";

  private static final Figure PERMIT = Figure.of(ClosedCallBenchmark.class, "oursPermit");
  private static final Figure CALL = Figure.of(ClosedCallBenchmark.class, "oursCall");
  private static final Figure SLOW = Figure.of(SlowCallRuleBenchmark.class, "oursCall");
  private static final Figure REJECTION = Figure.of(RejectionBenchmark.class, "oursPermit");
  private static final Figure RETRY = Figure.of(RetryBenchmark.class, "ours");
  private static final Figure HEDGE = Figure.of(HedgeBenchmark.class, "ours");
  private static final Figure LED = Figure.of(CoalescerBenchmark.class, "oursLed");
  private static final Figure CHAOS = Figure.of(ChaosBenchmark.class, "oursNotEnabled");
  private static final Figure TIMEOUT = Figure.of(TimeoutBenchmark.class, "ours");
  private static final Figure PLACE = Figure.of(BulkheadBenchmark.class, "oursPermit");
  private static final Figure LIMIT = Figure.of(ConcurrencyLimitBenchmark.class, "oursPermit");
  private static final Figure RATE = Figure.of(RateLimiterBenchmark.class, "oursSmooth");
  private static final Figure OBSERVED = Figure.of(ObservedCallBenchmark.class, "oursObserved");
  private static final Figure VIRTUAL = Figure.of(VirtualThreadBenchmark.class, "oursPermit");

  private static final List<Claim> CALLS = List.of(
      closedByPermit("closed call by permit", PERMIT, floor(2, PERMIT)),
      closedByPermit(
          "closed call by permit, 2 threads",
          PERMIT.threads(2),
          Budget.atMost(1.2, PERMIT, "one thread")),
      closedByCall("closed call by `call`", CALL, floor(2, CALL)),
      closedByCall(
          "closed call by `call`, 2 threads",
          CALL.threads(2),
          Budget.atMost(1.2, CALL, "one thread")),
      virtual("closed call by permit, 2 virtual threads", VIRTUAL.virtualThreads(2)),
      virtual("closed call by permit, 64 virtual threads", VIRTUAL.virtualThreads(64)),
      Claim.of("closed call with a slow-call rule", SLOW, floor(1.25, SLOW))
          .peer("R4j count", "resilience4jCountLockedCall")
          .peer("R4j time", "resilience4jTimeLockedCall"),
      countWindow("count window of 20", "oursLast20Permit", 1),
      countWindow("count window of 100", "oursLast100Permit", 1),
      countWindow("count window of 100, 2 threads", "oursLast100Permit", 2),
      Claim.of("rejection by permit", REJECTION, floor(2, REJECTION))
          .peer("R4j", "resilience4jPermit")
          .peer("Failsafe", "failsafeDirect"),
      Claim.of("rejection by `tryCall`", REJECTION.sibling("oursTryCall"), Budget.NONE),
      Claim.of("rejection by exception", REJECTION.sibling("oursException"), floor(6, REJECTION))
          .peer("R4j", "resilience4jException")
          .peer("R4j stackless", "resilience4jExceptionStackless")
          .peer("Failsafe executor", "failsafeExecutor"),
      Claim.of(
              "half-open: take, and record a success",
              Figure.of(HalfOpenBenchmark.class, "oursWithSuccess"),
              floor(2, Figure.of(HalfOpenBenchmark.class, "oursWithSuccess")))
          .peer("R4j", "resilience4jWithSuccess")
          .peer("Failsafe", "failsafeWithSuccess"),
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
          Budget.atMost(1.6, Figure.of(TransitionBenchmark.class, "ours"), "not saved")),
      Claim.of(
          "10,000 breakers saved, each",
          Figure.of(StoreBenchmark.class, "oursSave"),
          Budget.atMost(4, Figure.of(StoreBenchmark.class, "plainJdbcSave"), "plain JDBC")),
      Claim.of(
          "10,000 breakers restored, each",
          Figure.of(StoreBenchmark.class, "oursRestore"),
          Budget.atMost(4, Figure.of(StoreBenchmark.class, "plainJdbcSave"), "plain JDBC")),
      retry("retry, succeeds at once", RETRY),
      retry("retry, succeeds at once, 2 threads", RETRY.threads(2)),
      threeAttempts("three attempts, two fail, no wait", "Failures"),
      threeAttempts("three attempts, two results rejected, no wait", "Results"),
      completed("async breaker, stage is complete", AsyncBreakerBenchmark.class),
      later("async breaker, stage completes later", AsyncBreakerBenchmark.class),
      completed("async retry, stage is complete", AsyncRetryBenchmark.class),
      later("async retry, stage completes later", AsyncRetryBenchmark.class),
      timeout("timeout, in time", TIMEOUT),
      timeout("timeout, in time, 2 threads", TIMEOUT.threads(2)),
      completed("async timeout, stage is complete", AsyncTimeoutBenchmark.class),
      later("async timeout, stage completes later", AsyncTimeoutBenchmark.class)
          .peer("orTimeout", "orTimeoutLater"),
      Claim.of("hedge, not needed", HEDGE, Budget.atMost(1.6, HEDGE.sibling("timeout"), "timeout")),
      Claim.of(
          "hedge, not needed, delay from latencies", HEDGE.sibling("oursFollowing"), Budget.NONE),
      Claim.of(
          "async hedge, not needed",
          HEDGE.sibling("oursLater"),
          Budget.atMost(1.3, HEDGE.sibling("timeoutLater"), "async timeout")),
      Claim.of("coalescer, led", LED, Budget.atMost(4, LED.sibling("floorLed"), "map of futures")),
      Claim.of("coalescer, joined and left", LED.sibling("oursJoined"), Budget.NONE),
      Claim.of(
          "pipeline with chaos, not enabled",
          CHAOS,
          Budget.atMost(1.1, CHAOS.sibling("without"), "without chaos")),
      Claim.of(
          "pipeline with chaos, enabled and not started",
          CHAOS.sibling("oursNotStarted"),
          Budget.atMost(1.2, CHAOS.sibling("without"), "without chaos")),
      place("bulkhead of 10: take and give back", PLACE, floor(1.5, PLACE)),
      place(
          "bulkhead of 10: take and give back, 2 threads",
          PLACE.threads(2),
          Budget.atMost(1, PLACE.threads(2).sibling("semaphore"), "Semaphore")),
      place(
          "bulkhead of 256: take and give back",
          PLACE.sibling("oursStripedPermit"),
          floor(1.75, PLACE.sibling("oursStripedPermit"))),
      place(
          "bulkhead of 256: take and give back, 2 threads",
          PLACE.sibling("oursStripedPermit").threads(2),
          Budget.atMost(1.3, PLACE.sibling("oursStripedPermit"), "one thread")),
      Claim.of(
              "bulkhead of 10, by `call`",
              PLACE.sibling("oursCall"),
              floor(2, PLACE.sibling("oursCall")))
          .peer("R4j", "resilience4jCall"),
      Claim.of("bulkhead, rejection by permit", PLACE.sibling("oursRejected"), Budget.NONE)
          .peer("Semaphore, counts nothing", "semaphoreRejected")
          .peer("R4j", "resilience4jRejected")
          .peer("Failsafe, counts nothing", "failsafeRejected")
          .peer("Sentinel", "sentinelRejected"),
      Claim.of("bulkhead, rejection by exception", PLACE.sibling("oursException"), Budget.NONE)
          .peer("R4j", "resilience4jException"),
      limit("concurrency limit: take, and record a success", LIMIT),
      limit("concurrency limit: take, and record a success, 2 threads", LIMIT.threads(2)),
      Claim.of("concurrency limit, by `call`", LIMIT.sibling("oursCall"), Budget.NONE)
          .peer("floor", "floor"),
      Claim.of("concurrency limit, rejection by permit", LIMIT.sibling("oursRejected"), Budget.NONE)
          .peer("Netflix", "netflixRejected"),
      rate("rate limiter, admitted", RATE, floor(1, RATE)),
      rate(
          "rate limiter, admitted, 2 threads",
          RATE.threads(2),
          Budget.atMost(0.5, RATE.threads(2).sibling("bucket4j"), "Bucket4j")),
      rate("rate limiter, exact", RATE.sibling("oursExact"), floor(1.2, RATE.sibling("oursExact"))),
      rate("rate limiter, one of many keys", RATE.sibling("oursKeyed"), Budget.NONE),
      Claim.of(
              "rate limiter, rejected",
              RATE.sibling("oursRejected"),
              floor(1, RATE.sibling("oursRejected")))
          .peer("R4j", "resilience4jRejected")
          .peer("Bucket4j", "bucket4jRejected")
          .peer("Failsafe", "failsafeRejected")
          .peer("Sentinel", "sentinelRejected"),
      timer("timer: arm and cancel at once", "oursAtOnce", 1.1, "floorAtOnce")
          .peer("ScheduledThreadPool", "atOnceScheduledThreadPool")
          .peer("orTimeout", "atOnceOrTimeout"),
      timer("timer: arm and cancel, time given", "oursTimeGiven", 1.75, "floorTimeGiven"),
      timer("timer: arm, cancel 4096 armings later", "oursLater", 1.5, "floorAtOnce")
          .peer("ScheduledThreadPool", "laterScheduledThreadPool"),
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
              floor(1.3, Figure.of(PipelineBenchmark.class, "ours")))
          .peer("R4j, other thread", "resilience4jOnItsThread")
          .peer("Failsafe", "failsafeExecutor"),
      polluted("polluted profile: closed call by `call`", "Call")
          .peer("Failsafe executor", "failsafeCall"),
      polluted("polluted profile: retry, succeeds at once", "Retry")
          .peer("Failsafe", "failsafeRetry"),
      Claim.of(
              "polluted profile: retry → breaker → timeout",
              Figure.of(PollutedProfileBenchmark.class, "oursPipeline"),
              Budget.NONE)
          .peer("empty calls", "emptyCalls"),
      cold("cold breakers, 16,384 keys", 16_384),
      cold("cold breakers, 1,048,576 keys", 1_048_576),
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
          Budget.atMost(4, Figure.of(ScrapeBenchmark.class, "keptText"), "kept text")),
      Claim.of(
          "scrape of 10,000 keys",
          Figure.of(ScrapeBenchmark.class, "oursKeys"),
          Budget.atMostMillis(100)));

  static final List<Claim> ALL =
      Stream.concat(CALLS.stream(), failures().stream()).toList();

  private Claims() {}

  /** All measurements that the claims need. */
  static Set<Figure> figures() {
    return ALL.stream().flatMap(Claim::figures).collect(Collectors.toUnmodifiableSet());
  }

  private static Claim closedByPermit(String title, Figure ours, Budget budget) {
    return Claim.of(title, ours, budget)
        .peer("R4j count", "resilience4jCountLockedPermit")
        .peer("R4j time", "resilience4jTimeLockedPermit")
        .peer("R4j time lock-free", "resilience4jTimeLockFreePermit")
        .peer("Failsafe count", "failsafeCountDirect")
        .peer("Failsafe time", "failsafeTimeDirect");
  }

  private static Claim closedByCall(String title, Figure ours, Budget budget) {
    return Claim.of(title, ours, budget)
        .peer("R4j count", "resilience4jCountLockedCall")
        .peer("R4j time", "resilience4jTimeLockedCall")
        .peer("R4j time lock-free", "resilience4jTimeLockFreeCall")
        .peer("Failsafe executor", "failsafeCountExecutor");
  }

  private static Claim virtual(String title, Figure ours) {
    return Claim.of(title, ours, floor(2, ours))
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

  /** One call in so many fails, in a window of a minute or a second: beside the floor, and with threads beside the best peer. */
  private static List<Claim> failures() {
    List<Claim> claims = new ArrayList<>();
    for (String method : List.of("oursConsecutive", "oursRate")) {
      claims.add(failure(method, 2, 60, 1));
      for (int every : List.of(2, 8, 10)) {
        claims.add(failure(method, every, 1, 1));
      }
      for (int threads : List.of(2, 8)) {
        claims.add(failure(method, 2, 60, threads));
        claims.add(failure(method, 8, 1, threads));
      }
    }
    return claims;
  }

  private static Claim failure(String method, int every, int windowSeconds, int threads) {
    boolean consecutive = method.equals("oursConsecutive");
    Figure ours = Figure.of(FailureBenchmark.class, method)
        .with("every", every)
        .with("windowSeconds", windowSeconds)
        .threads(threads);
    Budget best = Budget.atMostBest(
        1,
        Stream.of(
                "resilience4jCountLocked",
                "resilience4jTimeLocked",
                "failsafeDirect",
                "failsafeTimeDirect")
            .map(ours::sibling)
            .toList(),
        "best peer");
    return Claim.of(
            "one of " + every + " fails, " + (consecutive ? "consecutive failures" : "failure rate")
                + ", " + windowSeconds + " s" + (threads == 1 ? "" : ", " + threads + " threads"),
            ours,
            threads == 1 ? floor(consecutive ? 2.25 : 2.5, ours) : best)
        .peer("R4j count", "resilience4jCountLocked")
        .peer("R4j time", "resilience4jTimeLocked")
        .peer("Failsafe count", "failsafeDirect")
        .peer("Failsafe time", "failsafeTimeDirect");
  }

  private static Claim place(String title, Figure ours, Budget budget) {
    return Claim.of(title, ours, budget)
        .peer("Semaphore", "semaphore")
        .peer("R4j", "resilience4jPermit")
        .peer("Failsafe", "failsafePermit")
        .peer("Sentinel", "sentinelPermit");
  }

  private static Claim limit(String title, Figure ours) {
    return Claim.of(title, ours, Budget.atMost(0.5, ours.sibling("netflixPermit"), "Netflix"))
        .peer("floor", "floor");
  }

  private static Claim rate(String title, Figure ours, Budget budget) {
    return Claim.of(title, ours, budget)
        .peer("R4j", "resilience4j")
        .peer("Bucket4j", "bucket4j")
        .peer("Guava", "guava")
        .peer("Failsafe", "failsafe")
        .peer("Sentinel", "sentinel");
  }

  private static Claim retry(String title, Figure ours) {
    return Claim.of(title, ours, floor(1.75, ours))
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
    return Claim.of(title, ours, floor(1.15, ours))
        .peer("R4j, other thread", "resilience4jOnItsThread")
        .peer("Failsafe", "failsafeExecutor");
  }

  private static Claim timer(String title, String method, double factor, String floor) {
    Figure ours = Figure.of(TimerBenchmark.class, method);
    return Claim.of(title, ours, Budget.atMost(factor, ours.sibling(floor), FLOOR));
  }

  private static Claim virtualTimeout(String title, int threads) {
    Figure ours = Figure.of(VirtualThreadTimeoutBenchmark.class, "ours").virtualThreads(threads);
    return Claim.of(title, ours, floor(1.5, ours)).peer("Failsafe", "failsafeExecutor");
  }

  private static Claim yielding(String title, int threads) {
    Figure ours =
        Figure.of(VirtualThreadTimeoutBenchmark.class, "oursYielding").virtualThreads(threads);
    return Claim.of(title, ours, Budget.NONE).peer("body alone", "bodyYielding");
  }

  private static Claim polluted(String title, String kind) {
    return Claim.of(title, Figure.of(PollutedProfileBenchmark.class, "ours" + kind), Budget.NONE)
        .peer("empty calls", "emptyCalls")
        .peer("R4j", "resilience4j" + kind);
  }

  private static Claim cold(String title, int keys) {
    return Claim.of(
            title, Figure.of(ColdKeysBenchmark.class, "oursPermit").with("keys", keys), Budget.NONE)
        .peer("R4j registry", "resilience4jPermit")
        .peer("look-up alone", "mapGet");
  }

  private static Claim completed(String title, Class<?> benchmarks) {
    Figure ours = Figure.of(benchmarks, "oursCompleted");
    return Claim.of(
            title,
            ours,
            Budget.atMost(1.5, ours.sibling("emptyCompleted"), "empty async call")
                .plus(1.5, ours.sibling("synchronous"), "the same synchronously"))
        .peer("R4j", "resilience4jCompleted")
        .peer("Failsafe, other thread", "failsafeOnItsThread");
  }

  private static Claim later(String title, Class<?> benchmarks) {
    return Claim.of(title, Figure.of(benchmarks, "oursLater"), Budget.NONE)
        .peer("no policy", "emptyLater")
        .peer("R4j", "resilience4jLater");
  }

  /** A multiple of what the semantics require of the processor, measured in the same class. */
  private static Budget floor(double factor, Figure ours) {
    return Budget.atMost(factor, ours.sibling("floor"), FLOOR);
  }
}
