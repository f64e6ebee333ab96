package io.aragora.resilience.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.testing.ManualTime;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CallObservationsTest {
  private final ManualTime time = ManualTime.create();
  private final Resilience resilience =
      Resilience.builder().name("shop").timeSource(time).build();
  private final ObservationRegistry observations = ObservationRegistry.create();
  private final Recorder recorder = new Recorder();

  CallObservationsTest() {
    observations.observationConfig().observationHandler(recorder);
  }

  @AfterEach
  void close() {
    resilience.close();
  }

  /** What a handler is told of observations. */
  private static final class Recorder implements ObservationHandler<Observation.Context> {
    private final List<String> told = new ArrayList<>();
    private final List<Observation.Context> stopped = new ArrayList<>();

    @Override
    public void onStart(Observation.Context context) {
      told.add("start");
    }

    @Override
    public void onEvent(Observation.Event event, Observation.Context context) {
      told.add(event.getName() + ": " + event.getContextualName());
    }

    @Override
    public void onError(Observation.Context context) {
      told.add("error");
    }

    @Override
    public void onStop(Observation.Context context) {
      told.add("stop");
      stopped.add(context);
    }

    @Override
    public boolean supportsContext(Observation.Context context) {
      return true;
    }
  }

  private Pipeline observed() {
    Pipeline prices = resilience
        .unregistered()
        .pipelineBuilder("prices")
        .add(resilience.retry(
            "r", c -> c.maxAttempts(2).backoff(Backoff.constant(Duration.ofMillis(10)))))
        .add(resilience.circuitBreaker("b", c -> c.failureThreshold(2)))
        .add(resilience.timeout("t", Duration.ofSeconds(1)))
        .build();
    return resilience.observed(prices, CallObservations.of(observations, "prices"));
  }

  private String key(String name) {
    return recorder.stopped.get(recorder.stopped.size() - 1).getAllKeyValues().stream()
        .filter(pair -> pair.getKey().equals(name))
        .findFirst()
        .orElseThrow()
        .getValue();
  }

  @Test
  void call_succeeds_oneObservationWithoutEvents() {
    observed().run(() -> {});

    assertThat(recorder.told).containsExactly("start", "stop");
    assertThat(key("name")).isEqualTo("prices");
    assertThat(key("outcome")).isEqualTo("returned");
    assertThat(key("bodies")).isEqualTo("1");
  }

  @Test
  void call_failsThenIsRejected_eventsAndError() {
    time.autoAdvance(true);
    Pipeline prices = observed();
    assertThatThrownBy(() -> prices.run(() -> {
          throw new IOException("down");
        }))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> prices.run(() -> {})).isNotNull();

    assertThat(recorder.told)
        .containsExactly(
            "start",
            "retry: retry r",
            "given.up: r gave up: exhausted",
            "error",
            "stop",
            "start",
            "rejected: circuitbreaker b rejected",
            "error",
            "stop");
    assertThat(key("outcome")).isEqualTo("rejected");
    assertThat(key("bodies")).isEqualTo("0");
  }

  @Test
  void callAsync_timesOut_stoppedOnceOnAnotherThread() {
    Pipeline limited = resilience.observed(
        resilience.timeout("t", Duration.ofSeconds(1)), CallObservations.of(observations, "t"));
    CompletableFuture<String> call = limited.callAsync(CompletableFuture::new);
    assertThat(recorder.told).containsExactly("start");

    time.advance(Duration.ofSeconds(2));

    assertThat(call).isCompletedExceptionally();
    assertThat(recorder.told)
        .containsExactly("start", "timeout: timeout t exceeded", "error", "stop");
    assertThat(key("outcome")).isEqualTo("timed_out");
  }

  @Test
  void callAsync_hedged_eventOfTheHedge() {
    Pipeline hedged = resilience.observed(
        resilience.hedge("h", c -> c.delay(Duration.ofMillis(50))),
        CallObservations.of(observations, "h"));
    CompletableFuture<String> call =
        hedged.callAsync(() -> CallContext.current().isHedge()
            ? CompletableFuture.completedFuture("x")
            : new CompletableFuture<>());

    time.advance(Duration.ofMillis(60));

    assertThat(call).isCompletedWithValue("x");
    assertThat(recorder.told).containsExactly("start", "hedge: hedge h", "stop");
  }

  @Test
  void callAsync_cancelled_isNoError() {
    CompletableFuture<String> call = observed().callAsync(CompletableFuture::new);

    call.cancel(true);

    assertThat(recorder.told).containsExactly("start", "stop");
    assertThat(key("outcome")).isEqualTo("cancelled");
  }

  @Test
  void call_belowTheCurrentObservation_whichStaysCurrent() {
    Observation parent = Observation.start("parent", observations);
    parent.scoped(() ->
        observed().run(() -> assertThat(observations.getCurrentObservation()).isSameAs(parent)));

    assertThat(recorder.stopped.get(0).getParentObservation()).isSameAs(parent);
  }

  @Test
  void registryThatDoesNothing_noObserver() {
    assertThat(CallObservations.of(ObservationRegistry.NOOP, "prices").get()).isNull();
  }

  @Test
  void predicateLeavesItOut_noObserver() {
    observations
        .observationConfig()
        .observationPredicate((name, context) -> !name.equals(CallObservations.NAME));

    assertThat(CallObservations.of(observations, "prices").get()).isNull();
    observed().run(() -> {});
    assertThat(recorder.told).isEmpty();
  }

  @Test
  void meterHandler_makesATimerAndCountersOfEvents() {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    observations.observationConfig().observationHandler(new DefaultMeterObservationHandler(meters));
    time.autoAdvance(true);

    assertThatThrownBy(() -> observed().run(() -> {
          throw new IOException("down");
        }))
        .isInstanceOf(IOException.class);

    assertThat(meters
            .get("resilience.call")
            .tags("name", "prices", "outcome", "failed", "error", "IOException")
            .timer()
            .count())
        .isEqualTo(1);
    assertThat(
            meters.get("resilience.call.retry").tag("name", "prices").counter().count())
        .isEqualTo(1);
  }

  /** A handler of the application with a fault. */
  private static final class Faulty implements ObservationHandler<Observation.Context> {
    private final boolean isAtStart;

    Faulty(boolean isAtStart) {
      this.isAtStart = isAtStart;
    }

    @Override
    public void onStart(Observation.Context context) {
      if (isAtStart) {
        throw new IllegalStateException("start");
      }
    }

    @Override
    public void onError(Observation.Context context) {
      throw new IllegalStateException("error");
    }

    @Override
    public boolean supportsContext(Observation.Context context) {
      return true;
    }
  }

  @Test
  void handler_throwsAtAnError_observationStops() {
    observations.observationConfig().observationHandler(new Faulty(false));
    Pipeline prices = observed();
    assertThatThrownBy(() -> prices.run(() -> {
          throw new IllegalStateException("broken");
        }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(recorder.told).endsWith("error", "stop");
  }

  @Test
  void handler_throwsAtTheStart_handlersThatHaveBegunStop() {
    observations.observationConfig().observationHandler(new Faulty(true));
    CallObservations calls = CallObservations.of(observations, "prices");
    assertThatThrownBy(calls::get).isInstanceOf(IllegalStateException.class).hasMessage("start");
    assertThat(recorder.told).containsExactly("start", "stop");
  }
}
