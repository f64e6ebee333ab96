package io.aragora.resilience.spring.http;

import java.io.IOException;
import java.net.URI;
import java.util.Objects;
import java.util.function.Function;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.ClientHttpRequest;
import org.springframework.http.client.ClientHttpRequestFactory;

/**
 * Sends the requests of a {@code RestClient} or a {@code RestTemplate} through the policies of an {@link HttpProtection}.
 *
 * <p>The caller gets a response, whatever its status; after several attempts, that of the last one. All others are closed. A
 * rejection is thrown as it is, without a wrapper: {@link io.aragora.resilience.circuitbreaker.CallNotPermittedException}, for
 * instance.
 *
 * <p>The policies are behind all interceptors of the client, and see the address that these have chosen. A body that can be written
 * only once is neither kept in memory nor repeated. Thread-safe, if the other factory is.
 */
public final class ResilientRequestFactory implements ClientHttpRequestFactory {
  private final ClientHttpRequestFactory factory;
  private final Function<? super URI, HttpProtection> protections;

  /**
   * Creates a factory that protects every request.
   *
   * @param factory creates the request of each attempt
   * @param protection the policies
   */
  public ResilientRequestFactory(ClientHttpRequestFactory factory, HttpProtection protection) {
    this(factory, uri -> protection);
    Objects.requireNonNull(protection, "protection");
  }

  /** Creates a factory that looks the policies of a request up. */
  ResilientRequestFactory(
      ClientHttpRequestFactory factory, Function<? super URI, HttpProtection> protections) {
    this.factory = Objects.requireNonNull(factory, "factory");
    this.protections = protections;
  }

  @Override
  public ClientHttpRequest createRequest(URI uri, HttpMethod method) throws IOException {
    return new ResilientRequest(factory, protections.apply(uri), uri, method);
  }
}
