package io.aragora.resilience.core.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class FailuresTest {
  private final IOException down = new IOException("down");

  @Test
  void suppress_attachesEachOnce_andAtMostEight() {
    IOException last = new IOException("last");
    Failures.suppress(last, last);
    assertThat(last.getSuppressed()).isEmpty();
    Failures.suppress(last, down);
    Failures.suppress(last, down);
    assertThat(last.getSuppressed()).containsExactly(down);
    for (int i = 0; i < 20; i++) {
      Failures.suppress(last, new IOException("attempt " + i));
    }
    assertThat(last.getSuppressed()).hasSize(8);
    assertThat(last.getSuppressed()[7]).hasMessage("attempt 6");
  }

  @Test
  void mapped_isWhatTheFunctionReturns_orTheFailureItself() {
    IllegalStateException failure = new IllegalStateException("rejected");
    RuntimeException own = new RuntimeException("own");
    assertThat(Failures.mapped(failure, null)).isSameAs(failure);
    assertThat(Failures.mapped(failure, any -> own)).isSameAs(own);
    assertThat(failure.getSuppressed()).isEmpty();
    assertThat(Failures.mapped(failure, any -> null)).isSameAs(failure);
    assertThat(failure.getSuppressed()[0]).hasMessage("mapException returned null");
    assertThat(Failures.mapped(failure, any -> {
          throw own;
        }))
        .isSameAs(failure);
    assertThat(failure.getSuppressed()[1]).isSameAs(own);
  }

  @Test
  void unwrap_isTheFirstCauseThatWrapsNothing() {
    assertThat(Failures.unwrap(down)).isSameAs(down);
    assertThat(Failures.unwrap(new CompletionException(new ExecutionException(down))))
        .isSameAs(down);
    CompletionException empty = new CompletionException("empty", null);
    assertThat(Failures.unwrap(empty)).isSameAs(empty);
    IOException outer = new IOException(down);
    assertThat(Failures.unwrap(outer)).as("no wrapper").isSameAs(outer);
  }

  private static final class Cyclic extends CompletionException {
    private static final long serialVersionUID = 1;

    @Override
    public synchronized Throwable getCause() {
      return this;
    }
  }

  private static final class Hostile extends CompletionException {
    private static final long serialVersionUID = 1;

    @Override
    public synchronized Throwable getCause() {
      throw new IllegalStateException("hostile");
    }
  }

  @Test
  void unwrap_causesThatFormACycleOrThrow_ends() {
    Cyclic cyclic = new Cyclic();
    assertThat(Failures.unwrap(cyclic)).isSameAs(cyclic);
    Hostile hostile = new Hostile();
    assertThat(Failures.unwrap(hostile)).isSameAs(hostile);
    assertThat(CallEnd.ofFuture(cyclic)).isEqualTo(CallEnd.BODY);
    assertThat(CallEnd.ofFuture(hostile)).isEqualTo(CallEnd.BODY);
  }

  @Test
  void rejectionIn_isFoundInWrappersOnly() {
    CallNotPermittedException rejection = new CallNotPermittedException(
        "b",
        CircuitBreakerState.OPEN,
        TransitionCause.MANUAL,
        Duration.ofSeconds(1).toNanos());
    assertThat(Failures.rejectionIn(null)).isNull();
    assertThat(Failures.rejectionIn(down)).isNull();
    assertThat(Failures.rejectionIn(rejection)).isSameAs(rejection);
    assertThat(Failures.rejectionIn(new CompletionException(rejection))).isSameAs(rejection);
    assertThat(Failures.rejectionIn(new IOException(rejection))).isNull();
  }
}
