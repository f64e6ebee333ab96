package io.aragora.resilience.opentelemetry;

import io.aragora.resilience.spi.ContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;

/**
 * Carries the context of OpenTelemetry, and with it the current span and the baggage, to the threads of further attempts, of hedges, of
 * calls that waited, and of submitted bodies. Found by {@link java.util.ServiceLoader}: a runtime has it if the artifact is on the
 * path. It reads a thread-local for each asynchronous call and changes nothing that other code shares. Stateless and thread-safe.
 */
public final class OpenTelemetryContext implements ContextPropagator {
  /** Most processes that trace nothing have no other context. */
  private static final Captured ROOT = captured(Context.root());

  /** Creates the propagator. */
  public OpenTelemetryContext() {}

  /**
   * Captures the current context.
   *
   * @return the context, which other threads make current
   */
  @Override
  public Captured capture() {
    Context current = Context.current();
    return current == Context.root() ? ROOT : captured(current);
  }

  @SuppressWarnings("MustBeClosedChecker") // the runtime closes it, on the same thread
  private static Captured captured(Context context) {
    return () -> {
      Scope scope = context.makeCurrent();
      return scope::close;
    };
  }
}
