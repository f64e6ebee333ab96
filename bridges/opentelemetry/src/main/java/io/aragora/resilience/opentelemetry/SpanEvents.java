package io.aragora.resilience.opentelemetry;

import io.aragora.resilience.CallObserver;
import io.aragora.resilience.retry.RetryEvent;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Adds what policies do in a call to the span that is current when the call begins: retries, rejections, timeouts, hedges and
 * fallbacks, as events of the span.
 *
 * <pre>{@code
 * Pipeline prices = resilience.observed(policy, SpanEvents.onCurrentSpan());
 * }</pre>
 *
 * <p>A call without a recording span is not observed and costs a look at the current context. The span is that of the application: this
 * class neither ends it nor sets its status, since the application may handle the failure. Events that happen after the
 * end of the span are dropped, so a span around an asynchronous call has to end after its future. Stateless and thread-safe.
 */
public final class SpanEvents implements Supplier<@Nullable CallObserver> {
  private static final SpanEvents INSTANCE = new SpanEvents();

  private static final double NANOS_PER_SECOND = 1e9;

  private SpanEvents() {}

  /**
   * Returns the supplier for {@link io.aragora.resilience.Resilience#observed}.
   *
   * @return supplies the observer of each call, on the thread that begins the call
   */
  public static SpanEvents onCurrentSpan() {
    return INSTANCE;
  }

  /**
   * Returns the observer of a call that begins on this thread, for {@link io.aragora.resilience.MethodPolicy#call}.
   *
   * @return adds events to the current span; null if there is none, or it does not record
   */
  @Override
  public @Nullable CallObserver get() {
    Span span = Span.current();
    return span.isRecording() ? new Events(span) : null;
  }

  /** The events of one call. A span takes events from any thread. */
  private static final class Events implements CallObserver {
    private final Span span;

    Events(Span span) {
      this.span = span;
    }

    @Override
    public void onRetry(String retry, int attempt, long delayNanos, @Nullable Throwable failure) {
      Attributes attributes = Attributes.of(
          TelemetryNames.POLICY,
          retry,
          TelemetryNames.ATTEMPT,
          (long) attempt,
          TelemetryNames.DELAY,
          delayNanos / NANOS_PER_SECOND);
      span.addEvent(
          "resilience.retry",
          failure == null
              ? attributes
              : attributes.toBuilder()
                  .put(TelemetryNames.ERROR_TYPE, type(failure))
                  .build());
    }

    @Override
    public void onGivenUp(String retry, int attempt, RetryEvent.Kind why) {
      span.addEvent(
          "resilience.retry.given_up",
          Attributes.of(
              TelemetryNames.POLICY,
              retry,
              TelemetryNames.ATTEMPT,
              (long) attempt,
              TelemetryNames.REASON,
              why.name().toLowerCase(Locale.ROOT)));
    }

    @Override
    public void onRejected(String kind, String policy) {
      span.addEvent(
          "resilience.rejected",
          Attributes.of(TelemetryNames.KIND, kind, TelemetryNames.POLICY, policy));
    }

    @Override
    public void onTimed(String timeout, long durationNanos, boolean exceeded) {
      if (exceeded) {
        span.addEvent(
            "resilience.timeout",
            Attributes.of(
                TelemetryNames.POLICY,
                timeout,
                TelemetryNames.ELAPSED,
                durationNanos / NANOS_PER_SECOND));
      }
    }

    @Override
    public void onHedge(String hedge, int number) {
      span.addEvent(
          "resilience.hedge",
          Attributes.of(TelemetryNames.POLICY, hedge, TelemetryNames.HEDGE, (long) number));
    }

    @Override
    public void onFallback(Throwable failure) {
      span.addEvent("resilience.fallback", Attributes.of(TelemetryNames.ERROR_TYPE, type(failure)));
    }

    private static String type(Throwable failure) {
      return failure.getClass().getName();
    }
  }
}
