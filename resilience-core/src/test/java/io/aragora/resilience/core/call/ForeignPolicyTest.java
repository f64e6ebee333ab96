package io.aragora.resilience.core.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A policy of the application in a pipeline, which starts its inside when it likes, and returns a future of its own. */
class ForeignPolicyTest {
  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final CompletableFuture<Object> given = new CompletableFuture<>();
  private final List<Supplier<? extends CompletionStage<?>>> insides = new ArrayList<>();
  private final List<CompletableFuture<Object>> bodies = new ArrayList<>();
  private final Pipeline pipeline = resilience
      .unregistered()
      .pipelineBuilder("p")
      .add(resilience.timeout("t", Duration.ofSeconds(1)))
      .add(new Waiting())
      .add(resilience.circuitBreaker("b"))
      .build();

  /** Keeps each body that is inside it; the test starts it. */
  private final class Waiting implements Policy {
    @Override
    public String name() {
      return "waiting";
    }

    @Override
    public <T extends @Nullable Object, X extends Throwable> T call(
        CheckedSupplier<? extends T, X> body) throws X {
      return body.get();
    }

    @Override
    @SuppressWarnings("unchecked") // each call of this test is one of objects
    public <T extends @Nullable Object> CompletableFuture<T> callAsync(
        Supplier<? extends CompletionStage<T>> body) {
      insides.add(body);
      return (CompletableFuture<T>) given;
    }
  }

  @AfterEach
  void close() {
    resilience.close();
  }

  private CompletableFuture<Object> call() {
    return pipeline.callAsync(() -> {
      CompletableFuture<Object> body = new CompletableFuture<>();
      bodies.add(body);
      return body;
    });
  }

  private CompletableFuture<?> startInside() {
    return insides.get(0).get().toCompletableFuture();
  }

  @Test
  void call_thatIsCancelled_cancelsThePolicysFuture_andWhatRunsInside() {
    CompletableFuture<Object> call = call();
    startInside();
    call.cancel(true);
    assertThat(given).isCancelled();
    assertThat(bodies).singleElement().satisfies(body -> assertThat(body).isCancelled());
  }

  @Test
  void inside_startedAfterTheCallWasCancelled_runsNoBody() {
    call().cancel(true);
    assertThat(startInside())
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .isInstanceOf(CancellationException.class);
    assertThat(bodies).isEmpty();
  }

  @Test
  void inside_startedAfterALimitAround_runsNoBody() {
    CompletableFuture<Object> call = call();
    time.advance(Duration.ofMillis(1_010));
    assertThat(call)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(TimeoutExceededException.class);
    assertThat(startInside()).isCompletedExceptionally();
    assertThat(bodies).isEmpty();
  }

  @Test
  void inside_startedAgain_isWhatACancellationReaches() {
    CompletableFuture<Object> call = call();
    startInside();
    bodies.get(0).complete("first");
    startInside();
    call.cancel(true);
    assertThat(bodies).hasSize(2);
    assertThat(bodies.get(0)).isCompletedWithValue("first");
    assertThat(bodies.get(1)).isCancelled();
  }
}
