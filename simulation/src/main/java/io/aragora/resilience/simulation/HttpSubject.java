package io.aragora.resilience.simulation;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.http.client.ResilientHttpClient;
import io.aragora.resilience.http.client.ResilientHttpClientBuilder;
import io.aragora.resilience.policy.CallRejectedException;
import io.aragora.resilience.policy.InterruptibleSupplier;
import io.aragora.resilience.policy.ResilienceException;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An HTTP client: repeats only what may be repeated, waits as a server asks, and leaves no exchange and no answer open. */
final class HttpSubject extends Subject {
  private static final Set<Integer> TRANSIENT = Set.of(429, 500, 502, 503, 504);

  /**
   * The settings of a client.
   *
   * @param attempts the maximum number of attempts; 1 without a retry
   * @param backoff the delay before another attempt, in nanoseconds
   * @param hedges the maximum number of hedges; 0 without a hedge
   * @param limit of each attempt, in nanoseconds; 0 without a timeout
   * @param hasBreaker whether each origin has a breaker
   * @param isRateLimited whether each origin has a rate limiter
   * @param mayWait whether an attempt may wait for its rate limiter
   */
  private record Settings(
      int attempts,
      long backoff,
      int hedges,
      long limit,
      boolean hasBreaker,
      boolean isRateLimited,
      boolean mayWait) {}

  /** What was known of the breaker of an origin when a call began. */
  private record Before(CircuitBreaker breaker, CircuitBreakerState state, long generation) {}

  private final SimulatedHttpClient peer;
  private final ResilientHttpClient client;
  private final Settings settings;
  private final IdentityHashMap<Call, Request> requests = new IdentityHashMap<>();
  private final List<Layer> endedAsync = new ArrayList<>();
  private final long restored;

  private HttpSubject(
      World world,
      String name,
      SimulatedHttpClient peer,
      ResilientHttpClient client,
      Settings settings) {
    super(world, name, "http");
    this.peer = peer;
    this.client = client;
    this.settings = settings;
    this.restored = sum();
  }

  static Subject create(World world, String name, Chance chance) {
    Settings settings = new Settings(
        chance.of(1, 2, 3, 5),
        World.millis(chance.of(1, 100, 2_000)).toNanos(),
        chance.of(0, 0, 1, 2),
        World.millis(chance.of(0, 100, 1_000, 10_000)).toNanos(),
        chance.percent(70),
        chance.percent(60),
        chance.percent(40));
    SimulatedHttpClient peer = new SimulatedHttpClient(world, chance.seed());
    ResilientHttpClientBuilder builder =
        ResilientHttpClient.builder(world.resilience()).name(name).client(peer);
    if (settings.attempts == 1) {
      builder.noRetry();
    } else {
      builder.retry(RetryConfig.builder()
          .maxAttempts(settings.attempts)
          .backoff(Backoff.constant(Duration.ofNanos(settings.backoff)).withJitter(Jitter.NONE))
          .build());
    }
    if (settings.hasBreaker) {
      builder.circuitBreaker(CircuitBreakerConfig.builder()
          .failureThreshold(chance.of(1, 3))
          .cooldown(World.millis(chance.of(500, 5_000)))
          .halfOpenMaxCalls(chance.of(1, 2))
          .build());
    } else {
      builder.noCircuitBreaker();
    }
    if (settings.hedges > 0) {
      builder.hedge(HedgeConfig.forIdempotentCalls()
          .delay(World.millis(chance.of(100, 1_000)))
          .maxHedges(settings.hedges)
          .build());
    }
    if (settings.isRateLimited) {
      RateLimiterConfig.Builder limiter =
          RateLimiterConfig.smooth(chance.of(2, 50), World.millis(1_000));
      if (settings.mayWait) {
        limiter.maxWait(World.millis(chance.of(1_000, 30_000))).maxWaiting(chance.of(1, 100));
      }
      builder.rateLimiter(limiter.build());
    }
    if (settings.limit > 0) {
      builder.timeout(Duration.ofNanos(settings.limit));
    }
    return new HttpSubject(world, name, peer, builder.build(), settings);
  }

  /** Whether each attempt ends at a limit, so that a server need not answer. */
  boolean isLimited() {
    return settings.limit > 0;
  }

  /** Whether attempts may run side by side. */
  boolean isHedged() {
    return settings.hedges > 0;
  }

  private Request request(Call call) {
    return requests.computeIfAbsent(call, each -> Request.of(new Chance(each.id())));
  }

  private @Nullable CircuitBreaker breaker(URI uri) {
    return client.circuitBreaker(uri).orElse(null);
  }

  /** A hedge has looked whether its call has ended, and the timeout inside it reads the clock before the body begins. */
  @Override
  boolean mayMeetItsEnd(Layer layer) {
    return isHedged() || super.mayMeetItsEnd(layer);
  }

  @Override
  Object invoke(Call call, boolean interruptibly, InterruptibleSupplier<Object, Throwable> body)
      throws Throwable {
    Request request = request(call);
    peer.expect(request.http(), body);
    HttpResponse<String> response;
    try {
      response = client.send(request.http(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw cause(e);
    }
    Object outcome = peer.outcome(response);
    if (outcome instanceof Throwable failure) {
      throw failure;
    }
    return outcome;
  }

  @Override
  CompletableFuture<Object> invokeAsync(Call call, Supplier<CompletionStage<Object>> body) {
    Request request = request(call);
    peer.expect(request.http(), body::get);
    CompletableFuture<HttpResponse<String>> answer =
        client.sendAsync(request.http(), BodyHandlers.ofString());
    Outcome future = new Outcome(answer);
    var unused = answer.whenComplete((response, thrown) -> {
      try {
        if (thrown != null) {
          Throwable failure = thrown instanceof CompletionException && thrown.getCause() != null
              ? thrown.getCause()
              : thrown;
          future.completeExceptionally(failure instanceof IOException e ? cause(e) : failure);
          return;
        }
        Object outcome = peer.outcome(response);
        if (outcome instanceof Throwable failure) {
          future.completeExceptionally(failure);
        } else {
          future.complete(outcome);
        }
      } catch (Throwable e) {
        world.schedule().fail(e);
      }
    });
    return future;
  }

  /** Returns what is behind an exception of a client: a body's failure, a rejection, or a limit. */
  private Throwable cause(IOException failure) {
    Throwable cause = failure.getCause();
    boolean isKnown = cause instanceof Failures.Broken || cause instanceof ResilienceException;
    return isKnown && cause != null ? cause : failure;
  }

  @Override
  boolean isOwn(Throwable failure, Layer layer) {
    if (failure instanceof TimeoutExceededException own) {
      return settings.limit > 0 && own.timeout().equals(name());
    }
    return failure instanceof CallRejectedException rejection
        && rejection.policy().startsWith(name())
        && (settings.hasBreaker || settings.isRateLimited);
  }

  @Override
  int mostPassages(Layer layer) {
    Request request = request(layer.call);
    if (!request.isReplayable()) {
      return 1;
    }
    return settings.attempts * (request.isIdempotent() ? 1 + settings.hedges : 1);
  }

  @Override
  void began(Layer layer) {
    CircuitBreaker breaker = breaker(request(layer.call).uri());
    if (breaker != null) {
      layer.note = new Before(breaker, breaker.state(), breaker.snapshot().generation());
    }
  }

  @Override
  void passed(Passage passage) {
    Layer layer = passage.layer;
    Request request = request(layer.call);
    checkBreaker(layer);
    check(
        !world.schedule().isExact()
            || !settings.isRateLimited
            || settings.mayWait
            || world.now() >= peer.pausedUntil(request.uri()),
        "a server that asked for a pause is not called before its end",
        layer + ", paused until " + Schedule.text(peer.pausedUntil(request.uri())));
    int number = layer.passages.size();
    if (number > 1) {
      if (!request.isIdempotent()) {
        for (Passage before : layer.passages.subList(0, number - 1)) {
          check(
              peer.isUnsent(before.failure),
              "what may have arrived is not repeated",
              request + ", " + layer);
        }
      }
      if (settings.hedges == 0 && settings.limit == 0) {
        checkRepeated(layer, layer.passages.get(number - 2), passage);
      }
    }
  }

  private void checkBreaker(Layer layer) {
    if (layer.note instanceof Before before) {
      boolean isOpen = rejectsAll(before.breaker.state())
          && rejectsAll(before.state)
          && before.generation == before.breaker.snapshot().generation();
      check(!isOpen, "nothing is sent while the breaker of its origin is open", layer);
    }
  }

  private static boolean rejectsAll(CircuitBreakerState state) {
    return state == CircuitBreakerState.OPEN || state == CircuitBreakerState.FORCED_OPEN;
  }

  /** Checks an attempt of a call whose attempts are one after the other. */
  private void checkRepeated(Layer layer, Passage before, Passage passage) {
    check(before.ended, "an attempt begins when the one before has ended", layer);
    Answer answer = peer.answerOf(before.failure != null ? before.failure : before.value);
    long least = settings.backoff;
    if (answer != null) {
      check(
          TRANSIENT.contains(answer.statusCode()),
          "only a transient status is repeated",
          answer + ", " + layer);
      long asked = answer.headers().firstValueAsLong("Retry-After").orElse(0);
      least = Math.max(least, Duration.ofSeconds(asked).toNanos());
    }
    check(
        passage.beganAt - before.endedAt >= least,
        "an attempt waits for its backoff, and as long as the server asked",
        answer + ", " + layer);
  }

  @Override
  void ended(Layer layer) {
    int passed = layer.passages.size();
    if (passed > 0 && settings.hedges == 0) {
      for (Passage early : layer.passages.subList(0, passed - 1)) {
        check(
            !early.hasSameOutcomeAs(layer.value, layer.failure),
            "a call ends as its last attempt",
            layer);
      }
      check(
          !(layer.failure instanceof TimeoutExceededException)
              || layer.endedAt - layer.passages.get(passed - 1).beganAt >= settings.limit,
          "no attempt is timed out early",
          layer);
    }
    if (layer.call.isAsync()) {
      endedAsync.add(layer);
    }
  }

  /** A cancellation may wait for a thread, so an exchange may end by itself meanwhile. */
  @Override
  void whenStill() {
    for (Layer layer : endedAsync) {
      for (Passage passage : layer.passages) {
        check(passage.cancelled || passage.ended, "no exchange runs on after its call", layer);
      }
    }
    endedAsync.clear();
  }

  @Override
  void afterStep() {
    int probes = 0;
    for (URI uri : Request.ORIGINS) {
      CircuitBreaker breaker = breaker(uri);
      if (breaker != null) {
        int own = breaker.snapshot().probesInFlight();
        check(
            own <= breaker.config().halfOpenMaxCalls(),
            "no more probes at a time than halfOpenMaxCalls",
            breaker.snapshot());
        probes += own;
      }
    }
    checkHeld(probes, "probes " + probes);
  }

  @Override
  void control(Chance chance) {
    CircuitBreaker breaker = breaker(chance.of(Request.ORIGINS));
    if (breaker != null) {
      switch (chance.below(3)) {
        case 0 -> breaker.reset();
        case 1 -> breaker.open(World.millis(chance.of(500, 5_000)));
        default -> breaker.halfOpen();
      }
    }
  }

  private @Nullable KeyedCircuitBreaker breakers() {
    for (KeyedCircuitBreaker each : world.resilience().policies().keyedCircuitBreakers()) {
      if (each.name().equals(name())) {
        return each;
      }
    }
    return null;
  }

  private @Nullable KeyedRateLimiter limiters() {
    for (KeyedRateLimiter each : world.resilience().policies().keyedRateLimiters()) {
      if (each.name().equals(name())) {
        return each;
      }
    }
    return null;
  }

  private long sum() {
    KeyedCircuitBreaker breakers = breakers();
    if (breakers == null) {
      return 0;
    }
    CircuitBreakerTotals totals = breakers.totals();
    return totals.successes() + totals.failures() + totals.ignored() + totals.rejected();
  }

  @Override
  Object read() {
    KeyedCircuitBreaker breakers = breakers();
    KeyedRateLimiter limiters = limiters();
    return settings + ", " + (breakers == null ? "no breakers" : breakers.snapshots()) + ", "
        + (limiters == null ? "no limiters" : limiters.totals() + " " + limiters.pausedKeys(3));
  }

  @Override
  long atEnd(long calls) {
    whenStill();
    Transfer open = peer.openTransfer();
    check(open == null, "each answer is read to its end or closed", String.valueOf(open));
    KeyedCircuitBreaker breakers = breakers();
    if (breakers != null) {
      for (URI uri : Request.ORIGINS) {
        CircuitBreaker breaker = breaker(uri);
        if (breaker != null) {
          checkEqual(
              0,
              breaker.snapshot().probesInFlight(),
              "every probe's permit comes back",
              breaker.snapshot());
        }
      }
      if (world.beganEmpty() && world.isFine()) {
        long counted = sum() - restored;
        check(
            counted <= calls && calls <= counted + breakers.totals().late(),
            "each call is counted once, however many attempts it took",
            breakers.totals() + ", calls " + calls);
      }
    }
    KeyedRateLimiter limiters = limiters();
    if (limiters != null) {
      checkEqual(0, limiters.waiting(), "no attempt waits for ever", limiters.totals());
    }
    return UNKNOWN;
  }

  /** What came of a call that was sent without blocking. */
  private static final class Outcome extends CompletableFuture<Object> {
    private final CompletableFuture<?> answer;

    Outcome(CompletableFuture<?> answer) {
      this.answer = answer;
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
      if (!isDone()) {
        answer.cancel(mayInterruptIfRunning);
      }
      return isCancelled() || super.cancel(mayInterruptIfRunning);
    }
  }
}
