/**
 * An {@link java.net.http.HttpClient} whose calls go through a circuit breaker for each origin, a retry that knows which
 * requests may be repeated, and a timeout.
 */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // the bridge to Spring is compiled after this one
module io.aragora.resilience.http {
  requires transitive io.aragora.resilience;
  requires transitive java.net.http;

  exports io.aragora.resilience.http.client;
  exports io.aragora.resilience.http.internal to
      io.aragora.resilience.spring;
}
