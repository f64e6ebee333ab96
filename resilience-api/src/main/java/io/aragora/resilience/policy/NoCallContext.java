package io.aragora.resilience.policy;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The context outside of any call. */
enum NoCallContext implements CallContext {
  INSTANCE;

  @Override
  public Optional<Duration> remaining() {
    return Optional.empty();
  }

  @Override
  public int attempt() {
    return 0;
  }

  @Override
  public boolean isHedge() {
    return false;
  }

  @Override
  public Optional<Throwable> lastFailure() {
    return Optional.empty();
  }

  @Override
  public Duration elapsed() {
    return Duration.ZERO;
  }

  @Override
  public Optional<String> retryName() {
    return Optional.empty();
  }

  @Override
  public boolean isCancelled() {
    return false;
  }

  @Override
  public boolean onCancel(Runnable handler) {
    Objects.requireNonNull(handler, "handler");
    return false;
  }

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      CheckedSupplier<? extends T, X> body) throws X {
    return body.get();
  }
}
