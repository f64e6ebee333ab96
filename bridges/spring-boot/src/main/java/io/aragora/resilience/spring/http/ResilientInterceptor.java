package io.aragora.resilience.spring.http;

import io.aragora.resilience.Pipeline;
import java.io.IOException;
import java.net.URI;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.http.HttpRequest;
import org.springframework.http.client.ClientHttpRequestExecution;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.ClientHttpResponse;

/**
 * Sends the requests of a {@code RestClient} or a {@code RestTemplate} through the policies of an {@link HttpProtection}.
 *
 * <p>The caller gets a response, whatever its status; after several attempts, that of the last one. All others are closed. A
 * rejection is thrown as it is, without a wrapper: {@link io.aragora.resilience.circuitbreaker.CallNotPermittedException}, for
 * instance.
 *
 * <p>It has to be the last interceptor of its client: with Spring Framework 6, interceptors behind it are not called for further
 * attempts. Thread-safe.
 */
public final class ResilientInterceptor implements ClientHttpRequestInterceptor, Ordered {
  private final Function<? super URI, ? extends @Nullable HttpProtection> protections;

  /**
   * Creates an interceptor that protects every request.
   *
   * @param protection the policies
   */
  public ResilientInterceptor(HttpProtection protection) {
    Objects.requireNonNull(protection, "protection");
    this.protections = uri -> protection;
  }

  /** Creates an interceptor that looks the policies of a request up; null for none. */
  ResilientInterceptor(Function<? super URI, ? extends @Nullable HttpProtection> protections) {
    this.protections = protections;
  }

  @Override
  public int getOrder() {
    return LOWEST_PRECEDENCE;
  }

  @Override
  public ClientHttpResponse intercept(
      HttpRequest request, byte[] body, ClientHttpRequestExecution execution) throws IOException {
    HttpProtection protection = protections.apply(request.getURI());
    if (protection == null) {
      return execution.execute(request, body);
    }
    boolean isRepeatable = protection.isRepeatable(request.getMethod(), request.getHeaders());
    Pipeline policies = protection.around(request.getURI(), isRepeatable);
    return policies == null
        ? execution.execute(request, body)
        : new BlockingExchange(protection, request, body, execution, isRepeatable).run(policies);
  }
}
