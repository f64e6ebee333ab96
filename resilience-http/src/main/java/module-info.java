/**
 * An {@link java.net.http.HttpClient} whose calls go through a circuit breaker for each origin, a retry that knows which
 * requests may be repeated, and a timeout.
 */
@org.jspecify.annotations.NullMarked
module io.aragora.resilience.http {
  requires transitive io.aragora.resilience;
  requires transitive java.net.http;

  exports io.aragora.resilience.http.client;
}
