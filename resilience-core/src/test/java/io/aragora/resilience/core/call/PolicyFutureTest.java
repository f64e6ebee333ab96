package io.aragora.resilience.core.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.persistence.RecordedLog;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyFutureTest {
  private static final class Ending extends PolicyFuture<Integer> {
    int inside;
    int outside;

    void watch(CompletableFuture<Integer> started) {
      follow(started);
    }

    @Override
    @SuppressWarnings("NullAway") // a future of Integer may be given null
    protected void onInnerEnded(@Nullable Integer value, @Nullable Throwable failure) {
      if (claimEnd()) {
        inside++;
        if (failure == null) {
          complete(value);
        } else {
          completeExceptionally(failure);
        }
      }
    }

    @Override
    protected void onEndedOutside(Throwable cause) {
      outside++;
    }
  }

  static Stream<Arguments> waysFromOutside() {
    return Stream.of(
        way("complete", future -> future.complete(2)),
        way("completeExceptionally", future -> future.completeExceptionally(new Exception("x"))),
        way("cancel", future -> future.cancel(true)),
        way("completeAsync", future -> future.completeAsync(() -> 2, Runnable::run)),
        way(
            "completeAsync that fails",
            future -> future.completeAsync(
                () -> {
                  throw new IllegalStateException("x");
                },
                Runnable::run)),
        way("obtrudeValue", future -> future.obtrudeValue(2)),
        way("obtrudeException", future -> future.obtrudeException(new Exception("x"))));
  }

  private static Arguments way(String name, Consumer<CompletableFuture<Integer>> end) {
    return Arguments.of(name, end);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("waysFromOutside")
  void endedFromOutside_cancelsWhatRunsInside_once(
      String name, Consumer<CompletableFuture<Integer>> end) {
    Ending future = new Ending();
    CompletableFuture<Integer> inner = new CompletableFuture<>();
    future.watch(inner);
    end.accept(future);
    assertThat(future).isDone();
    assertThat(inner).isCancelled();
    assertThat(future.outside).as(name).isEqualTo(1);
    assertThat(future.inside).isZero();
    assertThat(future.complete(3)).isFalse();
    assertThat(future.outside).isEqualTo(1);
  }

  @Test
  void endedInside_isNotEndedFromOutside() {
    Ending future = new Ending();
    CompletableFuture<Integer> inner = new CompletableFuture<>();
    future.watch(inner);
    inner.complete(1);
    assertThat(future.cancel(true)).isFalse();
    assertThat(future.complete(2)).isFalse();
    assertThat(future.join()).isEqualTo(1);
    assertThat(future.inside).isEqualTo(1);
    assertThat(future.outside).isZero();
  }

  @Test
  void anInnerCallThatIsDone_endsItAtOnce() {
    Ending good = new Ending();
    good.watch(CompletableFuture.completedFuture(1));
    assertThat(good.join()).isEqualTo(1);
    Ending bad = new Ending();
    bad.watch(CompletableFuture.failedFuture(new Exception("down")));
    assertThat(bad).isCompletedExceptionally();
    assertThat(bad.inside).isEqualTo(1);
  }

  @Test
  void completion_returnsWhetherItWasTheFirst() {
    assertThat(new Ending().complete(1)).isTrue();
    assertThat(new Ending().cancel(true)).isTrue();
    Ending failed = new Ending();
    assertThat(failed.completeExceptionally(new Exception("first"))).isTrue();
    assertThat(failed.completeExceptionally(new Exception("second"))).isFalse();
    assertThat(failed.cancel(true)).isFalse();
    Ending supplied = new Ending();
    assertThat(supplied.completeAsync(() -> 2, Runnable::run)).isSameAs(supplied);
    assertThat(supplied.completeAsync(() -> 3, Runnable::run)).isCompletedWithValue(2);
  }

  @Test
  void callThatStartsAfterTheEnd_isCancelled() {
    Ending future = new Ending();
    future.cancel(true);
    CompletableFuture<Integer> inner = new CompletableFuture<>();
    future.watch(inner);
    assertThat(inner).isCancelled();
  }

  /** A policy that fails to handle an end, before or after it claims it. */
  private static final class Faulty extends PolicyFuture<Integer> {
    private final boolean claims;

    Faulty(boolean claims) {
      this.claims = claims;
    }

    @Override
    protected void onInnerEnded(@Nullable Integer value, @Nullable Throwable failure) {
      if (!claims || claimEnd()) {
        throw new IllegalStateException("injected");
      }
    }

    @Override
    protected void onEndedOutside(Throwable cause) {}
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void policyThatFailsToHandleTheEnd_endsAsItsBodyDid(boolean claims) {
    try (RecordedLog log = RecordedLog.of(PolicyFuture.class)) {
      Faulty good = new Faulty(claims);
      good.follow(CompletableFuture.completedFuture(1));
      assertThat(good).isCompletedWithValue(1);
      Faulty bad = new Faulty(claims);
      bad.follow(CompletableFuture.failedFuture(new IllegalArgumentException("own")));
      assertThat(bad)
          .failsWithin(Duration.ZERO)
          .withThrowableThat()
          .withCauseInstanceOf(IllegalArgumentException.class);
      Faulty cancelled = new Faulty(claims);
      CompletableFuture<Integer> inner = new CompletableFuture<>();
      cancelled.follow(inner);
      cancelled.cancel(true);
      inner.complete(1);
      assertThat(cancelled).isCancelled();
      assertThat(log.messages())
          .hasSizeGreaterThanOrEqualTo(2)
          .containsOnly("SEVERE a policy failed to handle the end of an asynchronous call; the call"
              + " ends as its body did");
    }
  }

  @Test
  void futureThatCannotBeCancelled_isLogged() {
    Ending future = new Ending();
    future.watch(new CompletableFuture<>() {
      @Override
      public boolean cancel(boolean mayInterrupt) {
        throw new IllegalStateException("injected");
      }
    });
    try (RecordedLog log = RecordedLog.of(PolicyFuture.class)) {
      future.cancel(true);
      assertThat(log.messages())
          .containsExactly(
              "WARNING a future inside a call could not be cancelled; its work may continue");
    }
  }

  @Test
  void hasSucceeded_isAskedOfFuturesThatNoApplicationChanges() {
    assertThat(PolicyFuture.hasSucceeded(CompletableFuture.completedFuture(1))).isTrue();
    assertThat(PolicyFuture.hasSucceeded(new CompletableFuture<>())).isFalse();
    assertThat(PolicyFuture.hasSucceeded(CompletableFuture.failedFuture(new Exception("x"))))
        .isFalse();
    Ending ours = new Ending();
    ours.complete(1);
    assertThat(PolicyFuture.hasSucceeded(ours)).isTrue();
    CompletableFuture<Integer> changed = new CompletableFuture<>() {};
    changed.complete(1);
    assertThat(PolicyFuture.hasSucceeded(changed)).isFalse();
  }

  /** A future that the thread which created it has no room to end. */
  private static final class Stranded extends PolicyFuture<Integer> {
    private final Thread full = Thread.currentThread();
    volatile Thread endedOn = full;

    @Override
    protected void onInnerEnded(@Nullable Integer value, @Nullable Throwable failure) {
      endAs(value, failure);
    }

    @Override
    public boolean complete(Integer value) {
      if (Thread.currentThread() == full) {
        throw new StackOverflowError("injected");
      }
      endedOn = Thread.currentThread();
      return super.complete(value);
    }

    @Override
    protected void onEndedOutside(Throwable cause) {}
  }

  /** More than there is room for at first, several times. */
  @Test
  void callsWithoutRoomToEnd_endOnThreadsOfTheLibrary() {
    for (int round = 0; round < 3; round++) {
      CompletableFuture<Integer> inner = new CompletableFuture<>();
      List<Stranded> calls = Stream.generate(Stranded::new).limit(100).toList();
      calls.forEach(call -> call.follow(inner));
      inner.complete(round);
      for (Stranded call : calls) {
        assertThat(call).succeedsWithin(Duration.ofSeconds(30)).isEqualTo(round);
        assertThat(call.endedOn.getName()).isEqualTo("resilience-end");
        assertThat(call.endedOn.isDaemon()).isTrue();
      }
    }
  }
}
