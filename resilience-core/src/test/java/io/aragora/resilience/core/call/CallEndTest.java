package io.aragora.resilience.core.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.internal.RejectedByExecutor;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.ResilienceClosedException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The cause that ended a call, by the known facts; the table of docs/circuit-breakers.md. */
class CallEndTest {
  /** Like the exceptions of Apache HttpClient 4 for connecting and for its exhausted pool. */
  private static class ConnectTimeoutException extends InterruptedIOException {
    private static final long serialVersionUID = 1L;
  }

  /** Like the timeout exception of coroutines. */
  private static class TimeoutCancellationException extends CancellationException {
    private static final long serialVersionUID = 1L;
  }

  /** Like the exception of coroutines for a cancelled job. */
  private static class JobCancellationException extends CancellationException {
    private static final long serialVersionUID = 1L;
  }

  private static final class Circular extends CompletionException {
    private static final long serialVersionUID = 1L;

    @Override
    public synchronized Throwable getCause() {
      return this;
    }
  }

  private static final class Broken extends ExecutionException {
    private static final long serialVersionUID = 1L;

    @Override
    public synchronized Throwable getCause() {
      throw new IllegalStateException("no cause");
    }
  }

  @AfterEach
  void clearFlag() {
    Thread.interrupted();
  }

  static Stream<Arguments> byClass() {
    return Stream.of(
        Arguments.of(new IOException("down"), CallEnd.BODY),
        Arguments.of(new AssertionError("bug"), CallEnd.BODY),
        Arguments.of(new TimeoutException("the body's own"), CallEnd.BODY),
        Arguments.of(new SocketTimeoutException("read"), CallEnd.BODY),
        Arguments.of(new InterruptedIOException("timeout"), CallEnd.BODY),
        Arguments.of(new ConnectTimeoutException(), CallEnd.BODY),
        Arguments.of(new TimeoutCancellationException(), CallEnd.BODY),
        Arguments.of(new RejectedExecutionException("the body's own pool"), CallEnd.BODY),
        Arguments.of(new JobCancellationException(), CallEnd.CANCELLED),
        Arguments.of(new CancellationException(), CallEnd.CANCELLED),
        Arguments.of(new InterruptedException(), CallEnd.INTERRUPTED),
        Arguments.of(new InterruptedIOException(), CallEnd.INTERRUPTED),
        Arguments.of(new ClosedByInterruptException(), CallEnd.INTERRUPTED),
        Arguments.of(new CallInterruptedException("retry"), CallEnd.INTERRUPTED),
        Arguments.of(
            new IllegalStateException("wrapped", new InterruptedException()), CallEnd.INTERRUPTED),
        Arguments.of(new ResilienceClosedException("runtime"), CallEnd.CLOSED),
        Arguments.of(
            new RejectedByExecutor(new RejectedExecutionException("full")), CallEnd.EXECUTOR));
  }

  @ParameterizedTest
  @MethodSource("byClass")
  void withoutOtherFacts_classDecides(Throwable failure, CallEnd end) {
    assertThat(CallEnd.ofThread(failure)).isEqualTo(end);
    assertThat(CallEnd.ofFuture(failure)).isEqualTo(end);
  }

  @Test
  void flagOfTheThread_isAFact() {
    Thread.currentThread().interrupt();

    assertThat(CallEnd.ofThread(new IOException("a client's, without its cause")))
        .isEqualTo(CallEnd.INTERRUPTED);
    assertThat(CallEnd.ofThread(new InterruptedIOException("interrupted")))
        .isEqualTo(CallEnd.INTERRUPTED);
    assertThat(CallEnd.ofThread(new AssertionError("bug"))).isEqualTo(CallEnd.BODY);
    assertThat(CallEnd.ofFuture(new IOException("of another thread"))).isEqualTo(CallEnd.BODY);
  }

  @Test
  void unwrap_causesThatAreCircularOrThrow_ends() {
    Circular circular = new Circular();
    Broken broken = new Broken();
    IOException inner = new IOException("down");

    assertThat(Failures.unwrap(circular)).isSameAs(circular);
    assertThat(Failures.unwrap(broken)).isSameAs(broken);
    assertThat(Failures.unwrap(new CompletionException(new ExecutionException(inner))))
        .isSameAs(inner);
    assertThat(CallEnd.ofThread(circular)).isEqualTo(CallEnd.BODY);
  }

  @Test
  void bodyAndExecutor_endCallsByThemselves() {
    assertThat(CallEnd.values())
        .filteredOn(CallEnd::isUnstopped)
        .containsExactlyInAnyOrder(CallEnd.BODY, CallEnd.EXECUTOR);
    assertThat(CallEnd.values())
        .filteredOn(end -> end.isCancelledByBody(new CancellationException()))
        .containsExactly(CallEnd.CANCELLED);
  }
}
