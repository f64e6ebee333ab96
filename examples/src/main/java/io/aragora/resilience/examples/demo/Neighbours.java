package io.aragora.resilience.examples.demo;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadFullException;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.http.client.ResilientHttpClient;
import io.aragora.resilience.ratelimiter.RateLimitExceededException;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Two chapters about a healthy dependency and a neighbour that is not: one that limits its callers, and one that is slow. Callers
 * use both in turn, and the healthy one must not notice.
 */
final class Neighbours {
  private static final int CALLERS = 8;
  private static final int PERMITS = 3;
  private static final int QUOTA = 20;
  private static final int OK = 200;
  private static final Duration PAUSE = Duration.ofSeconds(2);
  private static final Duration CHAPTER = Duration.ofSeconds(4);

  private final View view;
  private final Verdict verdict;
  private final DemoOptions options;
  private final Leftovers leftovers;

  private final AtomicInteger served = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();

  Neighbours(View view, Verdict verdict, DemoOptions options, Leftovers leftovers) {
    this.view = view;
    this.verdict = verdict;
    this.options = options;
    this.leftovers = leftovers;
  }

  /** One call of a caller. */
  private interface Call {
    void make() throws IOException, InterruptedException;
  }

  /**
   * Plays both chapters.
   *
   * @param healthy the address of the healthy dependency
   */
  void play(URI healthy) throws IOException, InterruptedException {
    ExecutorService threads =
        Executors.newFixedThreadPool(4, Threads.daemons(Threads.PREFIX + "neighbours-http-"));
    HttpClient plain = HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .executor(threads)
        .build();
    HttpRequest good = HttpRequest.newBuilder(healthy).build();
    try (Resilience resilience =
        Resilience.builder().name(Threads.PREFIX + "neighbours").build()) {
      playQuota(resilience, plain, good);
      playSlow(resilience, plain, good);
    } finally {
      threads.shutdownNow();
    }
  }

  private void playQuota(Resilience resilience, HttpClient plain, HttpRequest good)
      throws IOException, InterruptedException {
    AtomicInteger there = new AtomicInteger();
    AtomicInteger rejectedHere = new AtomicInteger();
    AtomicInteger after = new AtomicInteger();
    try (Quota quota = Quota.start(QUOTA, PAUSE)) {
      leftovers.watchPort(quota.port());
      view.print("");
      view.print("A neighbour, " + quota.uri() + ", has a quota of " + QUOTA
          + " requests; then it answers 429 with Retry-After.");
      ResilientHttpClient client = ResilientHttpClient.builder(resilience)
          .name("neighbours")
          .client(plain)
          .noRetry()
          // All callers may receive a 429 at once: that is for the limiter, not for the breaker.
          .circuitBreaker(
              CircuitBreakerConfig.builder().failureThreshold(10 * CALLERS).build())
          .rateLimiter(RateLimiterConfig.smooth(10_000, Duration.ofSeconds(1)).build())
          .build();
      HttpRequest limited = HttpRequest.newBuilder(quota.uri()).build();
      inTurn(
          () -> {
            try {
              if (client.send(limited, BodyHandlers.discarding()).statusCode() == OK) {
                (rejectedHere.get() == 0 ? there : after).incrementAndGet();
              }
            } catch (IOException e) {
              if (!(e.getCause() instanceof RateLimitExceededException)) {
                throw e;
              }
              rejectedHere.incrementAndGet();
            }
          },
          () -> healthy(() -> client.send(good, BodyHandlers.discarding()).statusCode()));
      verdict.claim(
          "a 429 paused its origin, and no other",
          quota.rejected() > 0
              && quota.rejected() <= CALLERS
              && rejectedHere.get() > CALLERS
              && after.get() > 0
              && isUndisturbed(),
          there + " requests served, " + quota.rejected() + " answered with 429, " + rejectedHere
              + " not sent during the pause, " + after + " served after it; meanwhile the healthy"
              + " neighbour served " + served + " of " + (served.get() + failed.get()));
    }
  }

  private void playSlow(Resilience resilience, HttpClient plain, HttpRequest good)
      throws IOException, InterruptedException {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger rejected = new AtomicInteger();
    try (Upstream slow = Upstream.start(options.timeout())) {
      leftovers.watchPort(slow.port());
      slow.become(Upstream.Mode.SLOW);
      view.print("Another neighbour, " + slow.uri() + ", is slow. Its bulkhead has " + PERMITS
          + " permits.");
      HttpRequest late = HttpRequest.newBuilder(slow.uri()).build();
      Bulkhead bulkhead = resilience.bulkhead("slow", c -> c.maxConcurrentCalls(PERMITS));
      inTurn(
          () -> {
            try {
              int unused = bulkhead.<Integer, IOException>callInterruptibly(() -> {
                most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                try {
                  return plain.send(late, BodyHandlers.discarding()).statusCode();
                } finally {
                  inside.decrementAndGet();
                }
              });
            } catch (BulkheadFullException e) {
              rejected.incrementAndGet();
            }
          },
          () -> healthy(() -> plain.send(good, BodyHandlers.discarding()).statusCode()));
      verdict.claim(
          "a slow dependency filled its bulkhead and nothing else",
          most.get() == PERMITS && rejected.get() > CALLERS && isUndisturbed(),
          most + " calls at a time were slow, " + rejected + " rejected; meanwhile the healthy"
              + " neighbour served " + served + " of " + (served.get() + failed.get()));
    }
  }

  /** A call of the healthy dependency, which returns its status. */
  private interface HealthyCall {
    int make() throws IOException, InterruptedException;
  }

  private void healthy(HealthyCall call) throws IOException, InterruptedException {
    (call.make() == OK ? served : failed).incrementAndGet();
  }

  private boolean isUndisturbed() {
    return served.get() > CALLERS && failed.get() == 0;
  }

  /** Lets the callers make both calls in turn, for one chapter. */
  private void inTurn(Call one, Call other) throws InterruptedException {
    served.set(0);
    failed.set(0);
    long end = System.nanoTime() + CHAPTER.toNanos();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      Thread caller = Threads.daemons(Threads.PREFIX + "neighbours-").newThread(() -> {
        while (System.nanoTime() - end < 0) {
          try {
            one.make();
            other.make();
            TimeUnit.MILLISECONDS.sleep(5);
          } catch (IOException e) {
            failed.incrementAndGet();
          } catch (InterruptedException e) {
            return;
          }
        }
      });
      caller.start();
      callers.add(caller);
    }
    for (Thread caller : callers) {
      caller.join();
    }
  }
}
