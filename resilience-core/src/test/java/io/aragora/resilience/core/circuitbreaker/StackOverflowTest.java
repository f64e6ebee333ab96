package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerCall;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.core.CoalescedCalls;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.CheckedRunnable;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Calls at every depth of a nearly exhausted stack: wherever the stack overflows, no permit or slot
 * stays taken, and everything works afterwards.
 */
@TestMethodOrder(MethodOrderer.MethodName.class)
class StackOverflowTest {
  private static final int STACK_BYTES = 256 << 10;
  private static final Duration COOLDOWN = Duration.ofMillis(20);
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** The distance of the first call from the edge, larger than any call needs. */
  private static final int FRAMES = 150;

  /** The number of depths beyond the edge that are tried. */
  private static final int UNREACHABLE = 5;

  /** The largest number of looks whether a call has ended: some ten seconds. */
  private static final int MOST_LOOKS = 10_000;

  private static final IOException DOWN = new IOException("down");

  /** The body of a call. */
  private enum Body implements CheckedSupplier<String, IOException> {
    SUCCEEDS {
      @Override
      public String get() {
        return "value";
      }
    },
    FAILS {
      @Override
      public String get() throws IOException {
        throw DOWN;
      }
    },
    OVERFLOWS {
      @Override
      public String get() {
        return "deeper" + get().length();
      }
    };

    CompletionStage<String> stage() {
      try {
        return CompletableFuture.completedFuture(get());
      } catch (IOException e) {
        return CompletableFuture.failedFuture(e);
      }
    }
  }

  /** A runtime, whose policies are used at every depth. */
  private static final class Fixture implements AutoCloseable {
    final ManualTime time = ManualTime.create().autoAdvance(true);
    final Resilience resilience = Resilience.builder()
        .timeSource(time)
        .property("resilience.chaos.enabled", "true")
        .build();
    final CircuitBreakerConfig probing = CircuitBreakerConfig.builder()
        .failureThreshold(1)
        .cooldown(COOLDOWN)
        .halfOpenMaxCalls(1)
        .halfOpenMaxDuration(Duration.ofHours(8))
        .successThreshold(1_000_000)
        .build();
    final CoreCircuitBreaker breaker =
        (CoreCircuitBreaker) resilience.circuitBreaker("half-open", probing);
    final CircuitBreaker keyed = resilience
        .keyedCircuitBreaker("keyed", KeyedCircuitBreakerConfig.of(probing))
        .forKey("a");
    final CoreCircuitBreaker watched = (CoreCircuitBreaker) resilience.circuitBreaker(
        "watched",
        CircuitBreakerConfig.builder()
            .noFailureThreshold()
            .slowCallRateThreshold(100)
            .slowCallDuration(Duration.ofSeconds(1))
            .build());
    final Timeout timeout = resilience.timeout("timeout", TimeoutConfig.of(LIMIT));
    final Policy retry = resilience.retry(
        "retry",
        RetryConfig.builder()
            .maxAttempts(2)
            .backoff(Backoff.constant(Duration.ofMillis(1)))
            .build());
    final BulkheadConfig four =
        BulkheadConfig.builder().maxConcurrentCalls(4).maxWait(LIMIT).build();
    final BulkheadConfig six = four.toBuilder().maxConcurrentCalls(6).build();
    final Bulkhead bulkhead = resilience.bulkhead("bulkhead", four);
    final ConcurrencyLimit limit =
        resilience.concurrencyLimit("limit", c -> c.initial(4).maxWait(LIMIT));
    final RateLimiter limiter = resilience.rateLimiter(
        "limiter", RateLimiterConfig.smooth(1_000_000, COOLDOWN).build());
    final Hedge hedge = resilience.hedge("hedge", c -> c.delay(LIMIT));
    final Chaos chaos = resilience.chaos("chaos", c -> c.behave(100, () -> {}));
    final Coalescer<String, Object> coalescer = resilience.coalescer(
        "coalescer", CoalescerConfig.<String, Object>builder().build());
    final Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("pipeline")
        .add(retry)
        .add(timeout)
        .add(watched)
        .add(breaker)
        .add(limit)
        .build();
    final AtomicInteger transitions = new AtomicInteger();
    final List<CompletableFuture<String>> later = new ArrayList<>();
    final List<CompletableFuture<String>> calls = new ArrayList<>();

    /** The stage of a call that begins before the stack is short; null if none does. */
    private @Nullable Stage begun;

    /** The policy of that call; null if none begins. */
    private @Nullable Policy beginning;

    Fixture() {
      resilience
          .policies()
          .subscribe(CircuitBreakerListener.ofCodes((name, code) -> transitions.incrementAndGet()));
      watched.subscribeCalls(Set.of(CircuitBreakerCall.Kind.values()), call -> {});
      resilience.chaos().start(Duration.ofHours(1));
    }

    /** Prepares each breaker to be half-open. */
    void prepare() {
      for (CircuitBreaker each : List.of(breaker, keyed)) {
        if (each.state() == CircuitBreakerState.CLOSED) {
          each.recordFailure(each.acquirePermit(), null);
        }
        if (each.state() == CircuitBreakerState.OPEN) {
          time.advance(COOLDOWN);
        }
      }
    }

    void begin() {
      Policy policy = beginning;
      if (policy != null) {
        Stage stage = new Stage();
        begun = stage;
        calls.add(policy.callAsync(() -> stage));
      }
    }

    void check() throws Throwable {
      Stage left = begun;
      begun = null;
      if (left != null) {
        left.end();
        // A call that had no room even to start a thread ends when another call is watched.
        timeout.callAsync(CompletableFuture::new).cancel(true);
      }
      later.forEach(stage -> stage.complete("late value"));
      later.clear();
      time.advance(Duration.ofMillis(10));
      for (CompletableFuture<String> call : calls) {
        assertThat(ends(call)).as("an asynchronous call ends").isTrue();
      }
      calls.clear();
      assertThat(watched.hasWatchedCalls()).as("a call is in flight").isFalse();
      assertThat(bulkhead.snapshot().inUse()).as("a place is taken").isZero();
      assertThat(freePlaces()).isEqualTo(bulkhead.config().maxConcurrentCalls());
      assertThat(limit.snapshot().inUse()).as("a place of the limit is taken").isZero();
      assertThat(coalescer.flights()).as("a call of a key is under way").isZero();
      assertThat(CallContext.current().remaining()).as("a deadline is left").isEmpty();
      assertThat(CallContext.current().attempt()).as("an attempt is left").isZero();
      prepare();
      for (CircuitBreaker each : List.of(breaker, keyed)) {
        long permit = each.tryAcquirePermit();
        assertThat(permit).as("a slot is taken").isNotEqualTo(CircuitBreaker.REJECTED);
        each.releasePermit(permit);
      }
    }

    private int freePlaces() {
      List<Long> permits = new ArrayList<>();
      for (long permit = bulkhead.tryAcquirePermit();
          permit != Bulkhead.REJECTED;
          permit = bulkhead.tryAcquirePermit()) {
        permits.add(permit);
      }
      permits.forEach(bulkhead::releasePermit);
      return permits.size();
    }

    /** A call that finds no room to end does so on another thread, which may begin a wait of a retry. */
    private boolean ends(CompletableFuture<String> call) {
      CompletableFuture<Boolean> ended = call.handle((value, failure) -> true);
      for (int i = 0; i < MOST_LOOKS; i++) {
        try {
          return ended.get(1, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          time.advance(Duration.ofMillis(10));
        } catch (InterruptedException | ExecutionException e) {
          throw new AssertionError(e);
        }
      }
      return false;
    }

    /** Everything works as at first. */
    void checkAll() throws Throwable {
      check();
      assertThat(pipeline.call(Body.SUCCEEDS)).isEqualTo("value");
      int before = transitions.get();
      breaker.reset();
      breaker.forceOpen();
      time.runPending();
      assertThat(transitions).as("transitions are told").hasValueGreaterThan(before);
      breaker.reset();
      CompletableFuture<String> pending = timeout.callAsync(CompletableFuture::new);
      Thread blocked = Thread.currentThread();
      time.advance(LIMIT.plusSeconds(1));
      assertThat(pending).as("a limit is reached").isDone();
      assertThat(pending.handle((value, failure) -> failure).join())
          .isInstanceOf(TimeoutExceededException.class);
      assertThat(blocked.isInterrupted()).as("an interrupt is left").isFalse();
    }

    @Override
    public void close() {
      resilience.close();
    }
  }

  /**
   * A stage that calls its callback once, if the stack has room to enter it. Without that room, a
   * stage of the JDK drops each of its callbacks, and no library can do anything about it.
   */
  private static final class Stage extends CompletableFuture<String> {
    private @Nullable BiFunction<? super String, @Nullable Throwable, ?> callback;

    @Override
    public <U> CompletableFuture<U> handle(BiFunction<? super String, Throwable, ? extends U> fn) {
      if (isDone()) {
        return super.handle(fn);
      }
      callback = fn;
      return new CompletableFuture<>();
    }

    void end() throws Throwable {
      complete("value");
      BiFunction<? super String, @Nullable Throwable, ?> fn = callback;
      if (fn != null) {
        descend(3, 1, 2, 3, 4, 5, 6, () -> {});
        callback = null;
        fn.apply("value", null);
      }
    }
  }

  private interface Entry {
    void enter(Fixture in, Policy policy, Body body) throws Throwable;
  }

  private record NamedEntry(String name, Entry entry) {
    boolean takesBody() {
      return !name.equals("callAsync, complete later") && !name.endsWith("in the depth");
    }

    boolean isFor(String policy) {
      return !name.equals("tryCall") || List.of("breaker", "keyed", "watched").contains(policy);
    }
  }

  private static List<NamedEntry> entries() {
    return List.of(
        new NamedEntry("call", (in, policy, body) -> policy.call(body)),
        new NamedEntry(
            "callInterruptibly", (in, policy, body) -> policy.callInterruptibly(body::get)),
        new NamedEntry("run", (in, policy, body) -> policy.run(body::get)),
        new NamedEntry("tryCall", (in, policy, body) -> {
          ((CircuitBreaker) policy).tryCall(body);
        }),
        new NamedEntry(
            "callAsync, complete at once",
            (in, policy, body) -> in.calls.add(policy.callAsync(body::stage))),
        new NamedEntry(
            "callAsync, complete later",
            (in, policy, body) -> in.calls.add(policy.callAsync(() -> {
              CompletableFuture<String> stage = new CompletableFuture<>();
              in.later.add(stage);
              return stage;
            }))),
        new NamedEntry("callAsync, completed in the depth", (in, policy, body) -> {
          CompletableFuture<String> stage = new CompletableFuture<>();
          // If the JDK itself has no room to complete, the stage is completed afterwards.
          in.later.add(stage);
          in.calls.add(policy.callAsync(() -> stage));
          stage.complete("value");
        }),
        new NamedEntry("callAsync, begun before and completed in the depth", (in, policy, body) -> {
          in.beginning = policy;
          Stage stage = in.begun;
          if (stage != null) {
            stage.end();
          }
        }),
        new NamedEntry("callAsync, begun before and cancelled in the depth", (in, policy, body) -> {
          in.beginning = policy;
          if (in.begun != null) {
            in.calls.get(in.calls.size() - 1).cancel(true);
          }
        }),
        new NamedEntry(
            "submit", (in, policy, body) -> in.calls.add(policy.submit(body, in.time.executor()))));
  }

  @TestFactory
  Stream<DynamicTest> everyPolicy_everyEntry_atEveryDepth() {
    return tests("").stream();
  }

  /** A second time in the same JVM, which has compiled everything: C2 inlines across our methods, and so moves checks. */
  @TestFactory
  Stream<DynamicTest> whenCompiled_everyAsynchronousEntry_atEveryDepth() {
    return tests("compiled, ").stream()
        .filter(each ->
            each.getDisplayName().contains("Async") || each.getDisplayName().contains("submit"));
  }

  /** The other kinds, at the entries that each of them has code for. */
  @TestFactory
  Stream<DynamicTest> everyPattern_atEveryDepth() {
    List<DynamicTest> tests = new ArrayList<>();
    for (String policy : List.of("limiter", "limit", "hedge", "chaos", "coalescer")) {
      for (NamedEntry entry : entries()) {
        if (entry.name.equals("call")
            || entry.name.endsWith("at once")
            || entry.name.endsWith("in the depth")) {
          for (Body body : entry.takesBody()
              ? new Body[] {Body.SUCCEEDS, Body.OVERFLOWS}
              : new Body[] {Body.SUCCEEDS}) {
            tests.add(test("", policy, entry, body));
          }
        }
      }
    }
    return tests.stream();
  }

  /** Either nothing of a change is done, or all of it. */
  @TestFactory
  DynamicTest reconfigure_atEveryDepth() {
    return DynamicTest.dynamicTest(
        "reconfigure of a bulkhead",
        () -> atEveryDepth((in, depth) ->
            in.bulkhead.reconfigure(in.bulkhead.config() == in.four ? in.six : in.four)));
  }

  private static DynamicTest test(String round, String policy, NamedEntry entry, Body body) {
    return DynamicTest.dynamicTest(
        round + policy + ", " + entry.name + ", body " + body,
        () -> atEveryDepth((in, any) -> entry.entry.enter(in, named(in, policy), body)));
  }

  private static List<DynamicTest> tests(String round) {
    List<DynamicTest> tests = new ArrayList<>();
    for (String policy :
        List.of("breaker", "keyed", "watched", "timeout", "retry", "bulkhead", "pipeline")) {
      for (NamedEntry entry : entries()) {
        boolean sameAsCall = entry.name.startsWith("callInt") || entry.name.equals("run");
        if ((sameAsCall && !policy.equals("pipeline")) || !entry.isFor(policy)) {
          continue;
        }
        for (Body body : entry.takesBody() ? Body.values() : new Body[] {Body.SUCCEEDS}) {
          tests.add(test(round, policy, entry, body));
        }
      }
    }
    return tests;
  }

  private static Policy named(Fixture in, String name) {
    return switch (name) {
      case "breaker" -> in.breaker;
      case "keyed" -> in.keyed;
      case "watched" -> in.watched;
      case "bulkhead" -> in.bulkhead;
      case "limiter" -> in.limiter;
      case "limit" -> in.limit;
      case "hedge" -> in.hedge;
      case "chaos" -> in.chaos;
      case "coalescer" -> new CoalescedCalls(in.coalescer);
      case "timeout" -> in.timeout;
      case "retry" -> in.retry;
      default -> in.pipeline;
    };
  }

  private interface Action {
    void run(Fixture in, int depth) throws Throwable;
  }

  private static void atEveryDepth(Action action) throws Exception {
    Throwable[] failure = new Throwable[1];
    Thread thread = new Thread(
        null,
        () -> {
          try (Fixture in = new Fixture()) {
            dive(in, action);
          } catch (Throwable e) {
            failure[0] = e;
          }
        },
        "small stack",
        STACK_BYTES);
    thread.start();
    thread.join(TimeUnit.SECONDS.toMillis(60));
    assertThat(thread.isAlive()).as("the calls end").isFalse();
    if (failure[0] != null) {
      throw new AssertionError(failure[0].getMessage(), failure[0]);
    }
  }

  private static void dive(Fixture in, Action action) throws Throwable {
    // Classes are loaded and shared objects are created before the stack is short.
    for (int i = 0; i < 3; i++) {
      in.prepare();
      in.begin();
      attempt(() -> action.run(in, 0));
      in.check();
    }
    boolean met = false;
    int edge = deepest(0);
    // The compiler makes frames smaller meanwhile and so moves the edge, so it is looked for each
    // time.
    for (int left = FRAMES; left >= -UNREACHABLE; left--) {
      edge = deepest(edge);
      met |= overflows(in, action, Math.max(0, edge - left), left);
    }
    assertThat(met).as("the edge was met").isTrue();
    in.checkAll();
  }

  /** Runs an action at a depth, checks what it leaves behind, and returns whether the stack overflowed. */
  private static boolean overflows(Fixture in, Action action, int depth, int left)
      throws Throwable {
    in.prepare();
    in.begin();
    Throwable thrown = attempt(() -> descend(depth, 1, 2, 3, 4, 5, 6, () -> action.run(in, depth)));
    try {
      in.check();
    } catch (AssertionError e) {
      throw new AssertionError(
          left + " frames before the edge: " + e.getMessage() + ", thrown: " + thrown, e);
    }
    return thrown instanceof StackOverflowError;
  }

  private static @Nullable Throwable attempt(CheckedRunnable<?> body) {
    try {
      body.run();
      return null;
    } catch (Throwable e) {
      return e;
    }
  }

  /** Returns how many frames the stack has room for; mostly as many as the last time. */
  private static int deepest(int last) {
    if (fits(last) && !fits(last + 1)) {
      return last;
    }
    int reached = 0;
    int unreachable = STACK_BYTES / 16;
    while (unreachable - reached > 1) {
      int middle = (reached + unreachable) / 2;
      if (fits(middle)) {
        reached = middle;
      } else {
        unreachable = middle;
      }
    }
    return reached;
  }

  private static boolean fits(int frames) {
    return attempt(() -> descend(frames, 1, 2, 3, 4, 5, 6, () -> {})) == null;
  }

  /** Never compiled, by an option of the build: each overflow would discard compiled code, and so move the edge. */
  private static long descend(
      int frames, long a, long b, long c, long d, long e, long f, CheckedRunnable<?> body)
      throws Throwable {
    if (frames == 0) {
      body.run();
      return a;
    }
    return descend(frames - 1, b, c, d, e, f, a, body) + a + b * c + d * e + f;
  }
}
