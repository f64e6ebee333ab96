package io.aragora.resilience.http.client;

import io.aragora.resilience.internal.GuardedLog;
import java.net.http.HttpRequest;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;

/** Asks the application's predicate which requests may be repeated. If it throws, the request is not repeated. Thread-safe. */
final class GuardedVouch implements Predicate<HttpRequest> {
  private static final GuardedLog LOG = GuardedLog.of(GuardedVouch.class);

  private final String client;
  private final Predicate<? super HttpRequest> given;
  private final AtomicBoolean logged = new AtomicBoolean();

  GuardedVouch(String client, Predicate<? super HttpRequest> given) {
    this.client = client;
    this.given = given;
  }

  @Override
  public boolean test(HttpRequest request) {
    try {
      return given.test(request);
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
