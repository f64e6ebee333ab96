package io.aragora.resilience.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.testing.ManualTime;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every kind of policy that runs a body later, or on another thread, runs it in the context of the call. */
@SuppressWarnings("try") // a scope is only closed
class OpenTelemetryContextTest {
  private static final ContextKey<String> TENANT = ContextKey.named("tenant");

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder()
      .timeSource(time)
      .property("resilience.chaos.enabled", "true")
      .build();
  private final List<@Nullable String> seen = Collections.synchronizedList(new ArrayList<>());

  /** Ends the call that holds a place. */
  private final CompletableFuture<String> holding = new CompletableFuture<>();

  @AfterEach
  void close() {
    resilience.close();
    assertThat(Context.current()).as("nothing stays on this thread").isSameAs(Context.root());
  }

  /** The kinds of policies, and in how many attempts each runs a body that fails once. */
  enum Kind {
    CIRCUIT_BREAKER(1),
    RETRY(2),
    TIMEOUT(1),
    BULKHEAD(1),
    CONCURRENCY_LIMIT(1),
    RATE_LIMITER(1),
    HEDGE(2),
    CHAOS(1);

    private final int attempts;

    Kind(int attempts) {
      this.attempts = attempts;
    }
  }

  /** Returns a policy of a kind, in a state in which it does not run a body at once if it ever does so. */
  private Policy policy(Kind kind) {
    return switch (kind) {
      case CIRCUIT_BREAKER -> resilience.circuitBreaker("p");
      case RETRY ->
        resilience.retry(
            "p", c -> c.maxAttempts(3).backoff(Backoff.constant(Duration.ofMillis(10))));
      case TIMEOUT -> resilience.timeout("p", Duration.ofSeconds(30));
      case BULKHEAD ->
        held(
            resilience.bulkhead("p", c -> c.maxConcurrentCalls(1).maxWait(Duration.ofSeconds(20))));
      case CONCURRENCY_LIMIT ->
        held(resilience.concurrencyLimit(
            "p", c -> c.initial(1).least(1).most(1).maxWait(Duration.ofSeconds(20))));
      case RATE_LIMITER -> {
        Policy limiter = resilience.rateLimiter(
            "p",
            RateLimiterConfig.smooth(1, Duration.ofSeconds(5))
                .burst(1)
                .maxWait(Duration.ofSeconds(20))
                .build());
        limiter.run(() -> {});
        yield limiter;
      }
      case HEDGE -> resilience.hedge("p", c -> c.delay(Duration.ofMillis(50)));
      case CHAOS -> {
        Chaos chaos =
            resilience.chaos("p", c -> c.delay(100, Duration.ofSeconds(1), Duration.ofSeconds(1)));
        resilience.chaos().start(Duration.ofHours(1));
        yield chaos;
      }
    };
  }

  private Policy held(Policy policy) {
    assertThat(policy.callAsync(() -> holding)).isNotDone();
    return policy;
  }

  private CompletableFuture<String> body(Kind kind) {
    seen.add(Context.current().get(TENANT));
    boolean isFirst = seen.size() == 1;
    if (kind == Kind.RETRY && isFirst) {
      return CompletableFuture.failedFuture(new IOException("down"));
    }
    return kind == Kind.HEDGE && !CallContext.current().isHedge()
        ? new CompletableFuture<>()
        : CompletableFuture.completedFuture("x");
  }

  @ParameterizedTest
  @EnumSource
  void callAsync_bodiesRunLater_eachInTheContextOfTheCall(Kind kind) {
    Policy policy = policy(kind);
    CompletableFuture<String> call;
    try (Scope ignored = Context.root().with(TENANT, "acme").makeCurrent()) {
      call = policy.callAsync(() -> body(kind));
    }

    holding.complete("x");
    time.advance(Duration.ofSeconds(10));

    assertThat(call).isCompletedWithValue("x");
    assertThat(seen).hasSize(kind.attempts).containsOnly("acme");
    assertThat(Context.current()).isSameAs(Context.root());
  }

  @ParameterizedTest
  @EnumSource
  void submit_bodiesRunOnAnotherThread_eachInTheContextOfTheCall(Kind kind) throws Exception {
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try {
      Policy policy = policy(kind);
      CompletableFuture<String> call;
      try (Scope ignored = Context.root().with(TENANT, "acme").makeCurrent()) {
        call = policy.submit(
            () -> {
              seen.add(Context.current().get(TENANT));
              if (kind == Kind.RETRY && seen.size() == 1) {
                throw new IOException("down");
              }
              return "x";
            },
            executor);
      }
      holding.complete("x");
      while (!call.isDone()) {
        time.advance(Duration.ofSeconds(1));
        executor.submit(() -> {}).get(10, TimeUnit.SECONDS);
      }

      assertThat(call).isCompletedWithValue("x");
      assertThat(seen).containsOnly("acme");
      assertThat(executor.submit(Context::current).get(10, TimeUnit.SECONDS))
          .as("nothing stays on that thread")
          .isSameAs(Context.root());
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void callAsync_withoutContext_otherThreadsContextIsNotSeen() {
    Policy retry = policy(Kind.RETRY);
    CompletableFuture<String> call = retry.callAsync(() -> body(Kind.RETRY));

    try (Scope ignored = Context.root().with(TENANT, "other").makeCurrent()) {
      time.advance(Duration.ofSeconds(1));
      assertThat(Context.current().get(TENANT)).isEqualTo("other");
    }

    assertThat(call).isCompletedWithValue("x");
    assertThat(seen).containsExactly(null, null);
  }

  @Test
  void coalescer_nextLeads_inItsOwnContext() {
    var coalescer = resilience.<String, String>coalescer("p", c -> {});
    CompletableFuture<String> first;
    CompletableFuture<String> second;
    try (Scope ignored = Context.root().with(TENANT, "first").makeCurrent()) {
      first = coalescer.callAsync("k", () -> {
        seen.add(Context.current().get(TENANT));
        return new CompletableFuture<>();
      });
    }
    try (Scope ignored = Context.root().with(TENANT, "second").makeCurrent()) {
      second = coalescer.callAsync("k", () -> {
        seen.add(Context.current().get(TENANT));
        return CompletableFuture.completedFuture("x");
      });
    }

    first.cancel(true);
    time.advance(Duration.ofSeconds(1));

    assertThat(second).isCompletedWithValue("x");
    assertThat(seen).containsExactly("first", "second");
  }
}
