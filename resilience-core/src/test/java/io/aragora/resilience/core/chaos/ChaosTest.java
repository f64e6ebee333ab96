package io.aragora.resilience.core.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.chaos.ChaosConfig;
import io.aragora.resilience.chaos.ChaosEvent;
import io.aragora.resilience.chaos.ChaosState;
import io.aragora.resilience.chaos.ChaosTotals;
import io.aragora.resilience.chaos.Injection;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.core.call.CorePolicy;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.persistence.RecordedLog;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.TimeoutConfig;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What chaos injects, when it is active, and what it shows. */
class ChaosTest extends ChaosFixture {
  @Test
  @Tag("CH-01")
  void chaosThatIsNotEnabled_isLeftOutOfPipelines() {
    try (Resilience plain = Resilience.builder().timeSource(time).build()) {
      Chaos chaos = plain.chaos("x", ChaosFixture::failing);
      Retry retry = plain.retry("r");
      Pipeline pipeline =
          plain.unregistered().pipelineBuilder("p").add(retry).add(chaos).build();

      assertThat(chaos.call(this::body)).isEqualTo("result");
      assertThat(pipeline.call(this::body)).isEqualTo("result");
      assertThat(pipeline.callAsync(() -> CompletableFuture.completedFuture("a")))
          .isCompletedWithValue("a");
      assertThat(pipeline.policies()).as("still shown").containsExactly(retry, chaos);
      Pipeline around = plain
          .unregistered()
          .pipelineBuilder("q")
          .add(plain.timeout("t", HOUR))
          .add(pipeline)
          .build();
      assertThat(around.call(this::body)).isEqualTo("result");
      assertThat(plain.unregistered().pipelineBuilder("c").add(chaos).build().call(this::body))
          .isEqualTo("result");
      assertThat(((CorePolicy) chaos).isLeftOut()).isTrue();
      assertThat(chaos.totals().calls()).isZero();
      assertThat(plain.chaos().state()).isEqualTo(ChaosState.NOT_ENABLED);
      assertThatThrownBy(() -> plain.chaos().start(HOUR))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "chaos is not enabled: set resilience.chaos.enabled=true for this process, as a"
                  + " system property, environment variable ARAGORA_CHAOS_ENABLED or property of the builder");
      plain.chaos().stop();
      assertThat(plain.health().checkAll().checks()).doesNotContainKey(HealthRegistry.CHAOS);
    }
    assertThat(bodies).hasValue(4);
    assertThat(PolicyChain.alone().length()).isZero();
  }

  @Test
  @Tag("CH-02")
  void chaosThatIsNotActive_drawsNothing() {
    Chaos chaos = chaos(ChaosFixture::failing);
    assertThat(chaos.call(this::body)).isEqualTo("result");
    resilience.chaos().start(Duration.ofMinutes(1));
    assertThatThrownBy(() -> chaos.call(this::body)).isInstanceOf(ConnectException.class);
    time.advance(Duration.ofMinutes(2));
    assertThat(chaos.call(this::body)).isEqualTo("result");
    assertThat(chaos.callAsync(() -> CompletableFuture.completedFuture("a")))
        .isCompletedWithValue("a");
    assertThat(chaos.totals().calls()).isEqualTo(1);
    assertThat(resilience.chaos().state()).isEqualTo(ChaosState.STOPPED);
  }

  @Test
  @Tag("CH-02")
  void endOfChaos_needsNoTimer() {
    AtomicInteger drawn = new AtomicInteger();
    Chaos chaos = chaos(c -> c.fail(100, () -> {
      drawn.incrementAndGet();
      return new ConnectException("chaos");
    }));
    resilience.chaos().start(millis(100));
    time.advance(millis(99));
    assertThatThrownBy(() -> chaos.call(this::body)).isInstanceOf(ConnectException.class);
    // The timer fires up to two ticks later.
    time.advance(millis(1));
    assertThat(chaos.call(this::body)).isEqualTo("result");
    assertThat(drawn).hasValue(1);
    assertThat(resilience.chaos().activeUntil()).isEmpty();
  }

  @Test
  @Tag("CH-03")
  @Tag("CH-13")
  void oneDraw_decidesAmongAllChances() throws IOException {
    BitSet failed = injected(7);
    assertThat(failed.cardinality()).isBetween(1850, 2150);
    assertThat(injected(7)).as("the same seed").isEqualTo(failed);
    assertThat(injected(8)).as("another seed").isNotEqualTo(failed);
  }

  /** Returns which of 100,000 calls failed. */
  private static BitSet injected(long seed) throws IOException {
    ManualTime time = ManualTime.seeded(seed);
    try (Resilience runtime = enabled(time)) {
      AtomicInteger behaved = new AtomicInteger();
      Chaos chaos = runtime.chaos(
          "x",
          c -> c.fail(2, () -> new ConnectException("chaos"))
              .behave(5, behaved::incrementAndGet)
              .failAfter(1, () -> new SocketException("chaos")));
      runtime.chaos().start(HOUR);
      BitSet failed = new BitSet();
      for (int i = 0; i < 100_000; i++) {
        int before = behaved.get();
        try {
          chaos.<String, IOException>call(() -> "result");
        } catch (ConnectException e) {
          failed.set(i);
          assertThat(behaved).as("none has both").hasValue(before);
        } catch (SocketException e) {
          assertThat(behaved).as("none has both").hasValue(before);
        }
      }
      ChaosTotals totals = chaos.totals();
      assertThat(totals.calls()).isEqualTo(100_000);
      assertThat(totals.failed()).isEqualTo(failed.cardinality());
      assertThat(totals.behaved()).isEqualTo(behaved.get()).isBetween(4800L, 5200L);
      assertThat(totals.failedAfter()).isBetween(900L, 1100L);
      assertThat(totals.delayed()).isZero();
      assertThat(totals.injections())
          .isEqualTo(totals.failed() + totals.behaved() + totals.failedAfter());
      return failed;
    }
  }

  @Test
  @Tag("CH-03")
  void chances_addUpToAtMost100() {
    assertThatThrownBy(() -> ChaosConfig.builder()
            .fail(2, () -> new ConnectException("chaos"))
            .delay(101 - 0.5, Duration.ZERO, HOUR)
            .build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("delay must be in (0, 100]: 100.5");
    assertThatThrownBy(() -> ChaosConfig.builder()
            .fail(3, () -> new ConnectException("chaos"))
            .delay(100, Duration.ZERO, HOUR)
            .build())
        .hasMessage("chances must add up to at most 100: 103.0");
    ChaosConfig.Builder thirds = ChaosConfig.builder();
    for (int i = 0; i < 1000; i++) {
      thirds.behave(0.1, () -> {});
    }
    assertThat(thirds.build().chances()).hasSize(1000);
  }

  @Test
  @Tag("CH-03")
  void badValues_areRejected() {
    ChaosConfig.Builder config = ChaosConfig.builder();
    assertThatThrownBy(() -> config.fail(0, () -> new ConnectException("chaos")))
        .hasMessage("fail must be in (0, 100]: 0.0");
    assertThatThrownBy(() -> config.failAfter(Double.NaN, () -> new ConnectException("chaos")))
        .hasMessage("failAfter must be in (0, 100]: NaN");
    assertThatThrownBy(() -> config.behave(-1, () -> {}))
        .hasMessage("behave must be in (0, 100]: -1.0");
    assertThatThrownBy(() -> config.delay(1, millis(2), millis(1)))
        .hasMessage("least must be at most most: PT0.002S, PT0.001S");
    assertThatThrownBy(() -> config.delay(1, Duration.ZERO, Duration.ofDays(2)))
        .hasMessage("most must be at most 1 day: PT48H");
    assertThatThrownBy(() -> config.delay(1, millis(-1), millis(1)))
        .hasMessage("least must not be negative and at most 106,751 days: PT-0.001S");
    assertThatThrownBy(config::build)
        .hasMessage("chaos must have at least one of fail, delay, failAfter and behave: []");
  }

  @Test
  @Tag("CH-04")
  void injectedFailure_isAFailureForThePoliciesAround() {
    CircuitBreaker breaker = resilience.circuitBreaker("b", c -> c.failureThreshold(3));
    Retry retry = resilience.retry(
        "r",
        c -> c.maxAttempts(3)
            .backoff(Backoff.custom(retries -> 0))
            .retryIf(e -> e instanceof ConnectException));
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(retry)
        .add(breaker)
        .add(chaos(ChaosFixture::failing))
        .build();
    resilience.chaos().start(HOUR);
    assertThatThrownBy(() -> pipeline.call(this::body)).hasMessageContaining("chaos");
    assertThat(bodies).hasValue(0);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(retry.totals().retries()).isEqualTo(2);
    assertThat(pipeline.warnings()).isEmpty();
  }

  @Test
  @Tag("CH-06")
  void failAfter_losesTheResultOfABodyThatSucceeded() throws Exception {
    List<Object> lost = new ArrayList<>();
    Chaos chaos =
        chaos(c -> c.failAfter(100, () -> new SocketException("chaos")).onLost(lost::add));
    resilience.chaos().start(HOUR);
    assertThatThrownBy(() -> chaos.call(this::body)).isInstanceOf(SocketException.class);
    assertThat(bodies).hasValue(1);
    assertThat(lost).containsExactly("result");
    IllegalStateException own = new IllegalStateException("own");
    assertThatThrownBy(() -> chaos.run(() -> {
          throw own;
        }))
        .as("a body that fails has no answer to lose")
        .isSameAs(own);
    assertThat(chaos.<String, RuntimeException>call(() -> {
          resilience.chaos().stop();
          return body();
        }))
        .as("chaos ended while the body ran")
        .isEqualTo("result");
  }

  @Test
  @Tag("CH-06")
  @Tag("CH-08")
  void failAfter_async_losesTheResult() {
    List<Object> lost = new ArrayList<>();
    Chaos chaos =
        chaos(c -> c.failAfter(100, () -> new SocketException("chaos")).onLost(lost::add));
    resilience.chaos().start(HOUR);
    assertThatThrownBy(chaos.callAsync(() -> CompletableFuture.completedFuture("a"))::join)
        .hasCauseInstanceOf(SocketException.class);
    CompletableFuture<String> later = new CompletableFuture<>();
    CompletableFuture<String> call = chaos.callAsync(() -> later);
    assertThat(call).isNotDone();
    later.complete("b");
    assertThatThrownBy(call::join).hasCauseInstanceOf(SocketException.class);
    assertThat(lost).containsExactly("a", "b");
    CompletableFuture<String> fails = new CompletableFuture<>();
    CompletableFuture<String> failed = chaos.callAsync(() -> fails);
    fails.completeExceptionally(new IllegalStateException("own"));
    assertThatThrownBy(failed::join).hasRootCauseMessage("own");
    CompletableFuture<String> cancelled = new CompletableFuture<>();
    chaos.callAsync(() -> cancelled).cancel(true);
    assertThat(cancelled).isCancelled();
    CompletableFuture<String> after = new CompletableFuture<>();
    CompletableFuture<String> stopped = chaos.callAsync(() -> after);
    resilience.chaos().stop();
    after.complete("c");
    assertThat(stopped).isCompletedWithValue("c");
    assertThat(lost).containsExactly("a", "b");
  }

  @Test
  @Tag("CH-06")
  @Tag("CH-08")
  void resultThatIsLost_whileATimeoutAroundFires_isReceivedOnce() {
    List<Object> lost = new ArrayList<>();
    List<Object> late = new ArrayList<>();
    CompletableFuture<String> call = outlasted(chaos(c -> outlasting(c).onLost(lost::add)), late);
    assertThatThrownBy(call::join).hasCauseInstanceOf(TimeoutExceededException.class);
    assertThat(lost).containsExactly("a");
    assertThat(late).isEmpty();
  }

  @Test
  @Tag("CH-06")
  @Tag("CH-08")
  void resultThatIsLost_whileATimeoutAroundFires_isLateIfChaosPassesItToNone() {
    List<Object> late = new ArrayList<>();
    CompletableFuture<String> call = outlasted(chaos(this::outlasting), late);
    assertThatThrownBy(call::join).hasCauseInstanceOf(TimeoutExceededException.class);
    assertThat(late).containsExactly("a");
  }

  /** Loses results, by a failure whose creation takes longer than the timeout around. */
  private ChaosConfig.Builder outlasting(ChaosConfig.Builder config) {
    return config.failAfter(100, () -> {
      time.advance(Duration.ofSeconds(2));
      return new SocketException("chaos");
    });
  }

  private CompletableFuture<String> outlasted(Chaos chaos, List<Object> late) {
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(resilience.timeout(
            "t",
            TimeoutConfig.builder()
                .limit(Duration.ofSeconds(1))
                .onLateResult(late::add)
                .build()))
        .add(chaos)
        .build();
    resilience.chaos().start(HOUR);
    CompletableFuture<String> body = new CompletableFuture<>();
    CompletableFuture<String> call = pipeline.callAsync(() -> body);
    body.complete("a");
    return call;
  }

  @Test
  @Tag("CH-07")
  void behave_runsAnActionBeforeTheBody() {
    List<String> order = new ArrayList<>();
    Chaos chaos = chaos(c -> c.behave(100, () -> {
      order.add("action");
      throw new AssertionError("action");
    }));
    resilience.chaos().start(HOUR);
    try (RecordedLog log = RecordedLog.of(CoreChaos.class)) {
      chaos.run(() -> order.add("body"));
      assertThat(log.messages())
          .containsExactly("WARNING chaos 'x': its action failed; the body runs (logged once)");
    }
    assertThat(chaos.callAsync(() -> CompletableFuture.completedFuture(order.add("async"))))
        .isCompletedWithValue(true);
    assertThat(order).containsExactly("action", "body", "action", "async");
    assertThat(chaos.totals().behaved()).isEqualTo(2);
  }

  @Test
  @Tag("CH-08")
  void fail_async_failsTheFuture() {
    Chaos chaos = chaos(ChaosFixture::failing);
    resilience.chaos().start(HOUR);
    CompletableFuture<String> call = chaos.callAsync(() -> {
      bodies.incrementAndGet();
      return CompletableFuture.completedFuture("a");
    });
    assertThatThrownBy(call::join)
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(ConnectException.class);
    assertThat(bodies).hasValue(0);
  }

  @Test
  @Tag("CH-09")
  void onlyIf_seesTheContextOfTheCall() {
    Retry retry = resilience.retry(
        "r",
        c -> c.maxAttempts(2)
            .backoff(Backoff.custom(retries -> 0))
            .retryIf(e -> e instanceof ConnectException));
    Policy pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(retry)
        .add(chaos(c -> failing(c).onlyIf(context -> context.attempt() == 1)))
        .build();
    resilience.chaos().start(HOUR);
    assertThat(pipeline.call(this::body)).isEqualTo("result");
    CompletableFuture<String> call =
        pipeline.callAsync(() -> CompletableFuture.completedFuture("a"));
    time.advance(millis(10));
    assertThat(call).isCompletedWithValue("a");
    assertThat(retry.totals().succeededAfterRetry()).isEqualTo(2);
  }

  @Test
  @Tag("CH-09")
  void onlyIfThatThrows_injectsNothing() {
    Chaos chaos = chaos(c -> failing(c).onlyIf(context -> {
      throw new AssertionError("predicate");
    }));
    resilience.chaos().start(HOUR);
    List<String> lines;
    try (RecordedLog log = RecordedLog.of(CoreChaos.class)) {
      assertThat(chaos.call(this::body)).isEqualTo("result");
      assertThat(chaos.callAsync(() -> CompletableFuture.completedFuture("a")))
          .isCompletedWithValue("a");
      lines = log.messages();
    }
    assertThat(lines)
        .containsExactly("WARNING chaos 'x': onlyIf failed; nothing is injected (logged once)");
    assertThat(chaos.totals().injections()).isZero();
  }

  @Test
  @Tag("CH-11")
  void start_hasABound() {
    assertThatThrownBy(() -> resilience.chaos().start(Duration.ofHours(24)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("chaos must be started for at most PT1H: PT24H");
    assertThatThrownBy(() -> resilience.chaos().start(Duration.ZERO))
        .hasMessage("length must be positive and at most 106,751 days: PT0S");
    assertThat(resilience.chaos().state()).isEqualTo(ChaosState.STOPPED);
    try (Resilience longer = Resilience.builder()
        .timeSource(time)
        .property("resilience.chaos.enabled", "true")
        .property("resilience.chaos.maxDuration", "25h")
        .build()) {
      longer.chaos().start(Duration.ofHours(24));
      assertThat(longer.chaos().state()).isEqualTo(ChaosState.ACTIVE);
      assertThat(longer.chaos().maxDuration()).isEqualTo(Duration.ofHours(25));
    }
  }

  @Test
  @Tag("CH-11")
  void secondStart_setsAnotherEnd() {
    Chaos chaos = chaos(ChaosFixture::failing);
    resilience.chaos().start(Duration.ofMinutes(30));
    time.advance(Duration.ofMinutes(20));
    resilience.chaos().start(Duration.ofMinutes(30));
    time.advance(Duration.ofMinutes(20));
    assertThatThrownBy(() -> chaos.call(this::body)).isInstanceOf(ConnectException.class);
    resilience.chaos().start(Duration.ofMinutes(1));
    time.advance(Duration.ofMinutes(2));
    assertThat(chaos.call(this::body)).isEqualTo("result");
  }

  @Test
  @Tag("CH-12")
  void startFor_startsWithTheRuntime() {
    ManualTime clock = ManualTime.create();
    try (Resilience started = Resilience.builder()
        .timeSource(clock)
        .property("resilience.chaos.enabled", "true")
        .property("resilience.chaos.startFor", "30m")
        .build()) {
      assertThat(started.chaos().activeUntil()).contains(Instant.parse("2026-01-01T00:30:00Z"));
      clock.advance(Duration.ofMinutes(31));
      assertThat(started.chaos().state()).isEqualTo(ChaosState.STOPPED);
    }
    assertThat(resilience.chaos().state())
        .as("enabled alone starts nothing")
        .isEqualTo(ChaosState.STOPPED);
  }

  @Test
  @Tag("CH-14")
  void supplierThatThrowsOrReturnsNull_injectsNothing() {
    Chaos chaos = chaos(c -> c.fail(50, () -> null).failAfter(50, () -> {
      throw new AssertionError("supplier");
    }));
    resilience.chaos().start(HOUR);
    List<String> lines;
    try (RecordedLog log = RecordedLog.of(CoreChaos.class)) {
      for (int i = 0; i < 20; i++) {
        assertThat(chaos.call(this::body)).isEqualTo("result");
        assertThat(chaos.callAsync(() -> CompletableFuture.completedFuture("a")))
            .isCompletedWithValue("a");
      }
      lines = log.messages();
    }
    assertThat(lines)
        .containsExactlyInAnyOrder(
            "WARNING chaos 'x': the supplier of its failure returned null; nothing is injected (logged once)",
            "WARNING chaos 'x': the supplier of its failure failed; nothing is injected (logged once)");
    assertThat(chaos.totals().calls()).isEqualTo(40);
    assertThat(chaos.totals().injections()).isZero();
  }

  @Test
  @Tag("CH-06")
  void onLostThatThrows_changesNothing() {
    Chaos chaos =
        chaos(c -> c.failAfter(100, () -> new SocketException("chaos")).onLost(lost -> {
          throw new AssertionError("consumer");
        }));
    resilience.chaos().start(HOUR);
    try (RecordedLog log = RecordedLog.of(CoreChaos.class)) {
      assertThatThrownBy(() -> chaos.call(this::body)).isInstanceOf(SocketException.class);
      assertThat(log.messages())
          .containsExactly("WARNING chaos 'x': onLost failed; the result is dropped (logged once)");
    }
  }

  @Test
  @Tag("CH-14")
  void supplierThatReturnsNull_isLoggedAsThat() {
    Chaos chaos = chaos(c -> c.fail(100, () -> null));
    resilience.chaos().start(HOUR);
    try (RecordedLog log = RecordedLog.of(CoreChaos.class)) {
      assertThat(chaos.call(this::body)).isEqualTo("result");
      assertThat(log.messages())
          .containsExactly(
              "WARNING chaos 'x': the supplier of its failure returned null; nothing is"
                  + " injected (logged once)");
    }
  }

  @Test
  @Tag("CH-16")
  void health_isDegradedAsLongAsChaosIsActive() {
    chaos(ChaosFixture::failing);
    resilience.chaos("payments", ChaosFixture::failing);
    assertThat(health().status()).isEqualTo(HealthStatus.HEALTHY);
    resilience.chaos().start(Duration.ofMinutes(30));
    assertThat(health().status()).isEqualTo(HealthStatus.DEGRADED);
    assertThat(health().detail())
        .isEqualTo("chaos is active until 2026-01-01T00:30:01Z: payments, x");
    time.advance(Duration.ofMinutes(31));
    assertThat(health().status()).isEqualTo(HealthStatus.HEALTHY);
  }

  @Test
  @Tag("CH-16")
  void startAndEnd_areLogged() {
    List<String> lines;
    try (RecordedLog log = RecordedLog.of(ChaosSwitch.class)) {
      Chaos chaos = chaos(ChaosFixture::failing);
      resilience.chaos().start(Duration.ofMinutes(30));
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> chaos.call(this::body)).isInstanceOf(ConnectException.class);
      }
      time.advance(Duration.ofMinutes(31));
      resilience.chaos().start(Duration.ofMinutes(30));
      resilience.chaos().stop();
      resilience.chaos().stop();
      lines = log.messages();
    }
    assertThat(lines)
        .containsExactly(
            "WARNING runtime 'test': chaos is active until 2026-01-01T00:30:00Z: x. It ends by itself,"
                + " and by chaos().stop()",
            "INFO runtime 'test': chaos has ended, because its time is over; injections: 2",
            "WARNING runtime 'test': chaos is active until 2026-01-01T01:01:00Z: x. It ends by itself,"
                + " and by chaos().stop()",
            "INFO runtime 'test': chaos has ended, because it was stopped; injections: 0");
  }

  private HealthResult health() {
    time.advance(Duration.ofSeconds(1));
    return resilience.health().checkAll().checks().get(HealthRegistry.CHAOS);
  }

  @Test
  @Tag("CH-17")
  void readingsAndEvents_sayWhatWasInjected() {
    Chaos chaos = chaos(ChaosFixture::failing);
    List<ChaosEvent> events = new ArrayList<>();
    chaos.subscribe(events::add);
    chaos.subscribe(event -> {
      throw new AssertionError("listener");
    });
    resilience.chaos().start(Duration.ofMinutes(5));
    assertThatThrownBy(() -> chaos.call(this::body)).isInstanceOf(ConnectException.class);
    assertThat(readings())
        .containsExactly(
            "injections.fail=1",
            "injections.delay=0",
            "injections.fail_after=0",
            "injections.behave=0",
            "active=1.0");
    resilience.chaos().stop();
    time.runPending();
    assertThat(events)
        .containsExactly(
            ChaosEvent.of("x", ChaosEvent.Kind.STARTED, null, Duration.ofMinutes(5)),
            ChaosEvent.of("x", ChaosEvent.Kind.INJECTED, Injection.FAIL, Duration.ZERO),
            ChaosEvent.of("x", ChaosEvent.Kind.ENDED, null, Duration.ZERO));
    assertThat(readings()).endsWith("active=0.0");
    assertThat(chaos.totals().count(Injection.FAIL)).isEqualTo(1);
  }

  @Test
  @Tag("CH-17")
  void endByItself_isAnEvent() {
    List<ChaosEvent.Kind> events = new ArrayList<>();
    Subscription subscription =
        chaos(ChaosFixture::failing).subscribe(event -> events.add(event.kind()));
    resilience.chaos().start(Duration.ofMinutes(5));
    time.advance(Duration.ofMinutes(6));
    assertThat(events).containsExactly(ChaosEvent.Kind.STARTED, ChaosEvent.Kind.ENDED);
    resilience.chaos().stop();
    time.runPending();
    assertThat(events).hasSize(2);
    subscription.close();
    resilience.chaos().start(Duration.ofMinutes(5));
    time.runPending();
    assertThat(events).hasSize(2);
  }

  private List<String> readings() {
    List<String> all = new ArrayList<>();
    resilience.policies().read(new Readings() {
      @Override
      public boolean wants(String kind) {
        return kind.equals("chaos");
      }

      @Override
      public void policy(String kind, String name) {
        assertThat(name).isEqualTo("x");
      }

      @Override
      public void count(String what, String outcome, long value) {
        all.add(what + outcome + "=" + value);
      }

      @Override
      public void level(String what, double value) {
        all.add(what + "=" + value);
      }
    });
    return all;
  }

  @Test
  @Tag("CH-19")
  void scaleFromOutside_lowersChances() throws IOException {
    try (Resilience scaled = Resilience.builder()
        .timeSource(time)
        .property("resilience.chaos.enabled", "true")
        .config(Map.of("resilience.chaos.x.scale", "0.5", "resilience.chaos.off.scale", "0"))
        .build()) {
      Chaos half = scaled.chaos("x", ChaosFixture::failing);
      Chaos off = scaled.chaos("off", ChaosFixture::failing);
      assertThat(half.scale()).isEqualTo(0.5);
      assertThat(scaled.unregistered().chaos("x", half.config()).scale()).isEqualTo(1);
      scaled.chaos().start(HOUR);
      int failed = 0;
      for (int i = 0; i < 1000; i++) {
        try {
          half.<String, IOException>call(this::body);
        } catch (ConnectException e) {
          failed++;
        }
        assertThat(off.call(this::body)).isEqualTo("result");
      }
      assertThat(failed).isBetween(450, 550);
    }
  }

  @Test
  @Tag("CH-19")
  void smallerScale_injectsIntoSomeOfTheSameCalls() {
    ChaosConfig config = ChaosConfig.builder()
        .fail(30, () -> new ConnectException("chaos"))
        .delay(20, millis(100), millis(200))
        .build();
    ChaosDraw whole = new ChaosDraw(config.chances(), 1);
    ChaosDraw part = new ChaosDraw(config.chances(), 0.25);
    for (int i = 0; i < 1000; i++) {
      double drawn = i / 1000.0;
      ChaosConfig.Chance chance = part.at(drawn);
      assertThat(chance == null || chance == whole.at(drawn)).isTrue();
      if (chance != null && chance.injection() == Injection.DELAY) {
        assertThat(part.delayNanos(drawn)).isBetween(100_000_000L, 200_000_000L);
      }
    }
    assertThat(whole.at(ChaosDraw.NOTHING)).isNull();
    assertThat(whole.at(0.4999)).isNotNull();
    assertThat(whole.at(0.5)).isNull();
    assertThat(whole.delayNanos(0.4))
        .isCloseTo(150_000_000L, org.assertj.core.data.Offset.offset(1000L));
  }

  @Test
  void lookUpOfAnUndeclaredName_isAnError() {
    assertThatThrownBy(() -> resilience.chaos("undeclared"))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessage(
            "chaos 'undeclared' is not declared. Declare it by chaos(name, config): only code can"
                + " create failures");
    Chaos declared = chaos(ChaosFixture::failing);
    assertThat(resilience.chaos("x")).isSameAs(declared);
    assertThat(resilience.policies().chaos()).containsExactly(declared);
    assertThat(resilience.policies().removeChaos("x")).isTrue();
    assertThat(resilience.policies().removeChaos("x")).isFalse();
    assertThat(declared).hasToString("chaos 'x'");
    assertThat(declared.config()).hasToString("chances=[FAIL 100.0 %]");
  }

  @Test
  void pipelineOfSettings_mayNameADeclaredChaos() {
    try (Resilience configured = Resilience.builder()
        .timeSource(time)
        .property("resilience.chaos.enabled", "true")
        .config(Map.of("resilience.pipeline.x.policies", "retry, chaos"))
        .build()) {
      assertThatThrownBy(() -> configured.pipeline("x"))
          .hasMessageContaining("chaos 'x' is not declared");
      Chaos chaos = configured.chaos("x", ChaosFixture::failing);
      assertThat(configured.pipeline("x").policies()).contains(chaos);
    }
  }

  @Test
  void closedRuntime_injectsNothing() {
    Chaos chaos = chaos(ChaosFixture::failing);
    resilience.chaos().start(HOUR);
    resilience.close();
    assertThat(chaos.call(this::body)).isEqualTo("result");
    assertThatThrownBy(() -> resilience.chaos().start(HOUR))
        .isInstanceOf(ResilienceClosedException.class);
  }

  @Test
  void runtimeThatIsClosedBeforeTheFirstUseOfChaos_startsNone() {
    resilience.close();
    assertThatThrownBy(() -> resilience.chaos().start(HOUR))
        .isInstanceOf(ResilienceClosedException.class);
    assertThat(resilience.chaos().state()).isEqualTo(ChaosState.STOPPED);
  }
}
