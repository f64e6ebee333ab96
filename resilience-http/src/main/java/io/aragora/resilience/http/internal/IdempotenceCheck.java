package io.aragora.resilience.http.internal;

import io.aragora.resilience.internal.GuardedLog;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/** Decides which requests of a client may be repeated although they may have arrived. Thread-safe. */
public final class IdempotenceCheck {
  /** The header that declares a request the same as an earlier one with the same value. */
  public static final String KEY = "Idempotency-Key";

  private static final GuardedLog LOG = GuardedLog.of(IdempotenceCheck.class);
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE");

  private final String client;
  private final AtomicBoolean logged = new AtomicBoolean();

  /**
   * Creates a check.
   *
   * @param client the name of the client, for the log
   */
  public IdempotenceCheck(String client) {
    this.client = client;
  }

  /**
   * Returns whether a request is idempotent by itself. Source: RFC 9110, HTTP Semantics, 9.2.2.
   *
   * @param method the method, which is case-sensitive
   * @param hasKey whether the request has a header {@link #KEY}
   * @return whether it may be repeated
   */
  public static boolean isIdempotent(String method, boolean hasKey) {
    return hasKey || METHODS.contains(method);
  }

  /**
   * Calls the predicate of the application. If it throws, the request is not repeated, and the log shows it once.
   *
   * @param idempotentIf calls the predicate for one request
   * @return whether the request may be repeated
   */
  public boolean test(BooleanSupplier idempotentIf) {
    try {
      return idempotentIf.getAsBoolean();
    } catch (Throwable e) {
      if (logged.compareAndSet(false, true)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "idempotentIf of HTTP client '" + client
                + "' failed, so its request is not repeated (logged once)",
            e);
      }
      return false;
    }
  }
}
