package io.aragora.resilience.policy;

import org.jspecify.annotations.Nullable;

/** A body without a value, as one that returns null. A class, since the first lambda of a process costs more than a call. */
@SuppressWarnings("NullAway") // the type admits null
final class ValuelessBody<X extends Throwable> implements CheckedSupplier<@Nullable Object, X> {
  private final CheckedRunnable<X> body;

  ValuelessBody(CheckedRunnable<X> body) {
    this.body = body;
  }

  @Override
  public @Nullable Object get() throws X {
    body.run();
    return null;
  }
}
