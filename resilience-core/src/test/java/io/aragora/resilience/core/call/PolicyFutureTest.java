package io.aragora.resilience.core.call;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

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
}
