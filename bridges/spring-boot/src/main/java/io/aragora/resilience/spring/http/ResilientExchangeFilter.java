package io.aragora.resilience.spring.http;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.reactor.ResilienceOperator;
import java.net.URI;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import reactor.core.publisher.Mono;

/**
 * Sends the requests of a {@code WebClient} through the policies of an {@link HttpProtection}. Each subscription is one call. Needs
 * {@code resilience-reactor} on the path.
 *
 * <p>The subscriber gets a response, whatever its status; after several attempts, that of the last one. The bodies of all others
 * are released, also if the subscriber cancels. A rejection is signalled as it is, without a wrapper.
 *
 * <p>A request with a body is repeated only if its attribute {@link #REPLAYABLE_BODY} is true, because another subscription to the
 * body may emit something else. Thread-safe.
 */
public final class ResilientExchangeFilter implements ExchangeFilterFunction {
  /** The attribute of a request that declares its body the same at each subscription, if it is {@code true}. */
  public static final String REPLAYABLE_BODY = ResilientExchangeFilter.class.getName() + ".body";

  private final Function<? super URI, ? extends @Nullable HttpProtection> protections;

  /**
   * Creates a filter that protects every request.
   *
   * @param protection the policies
   */
  public ResilientExchangeFilter(HttpProtection protection) {
    Objects.requireNonNull(protection, "protection");
    this.protections = uri -> protection;
  }

  /** Creates a filter that looks the policies of a request up; null for none. */
  ResilientExchangeFilter(Function<? super URI, ? extends @Nullable HttpProtection> protections) {
    this.protections = protections;
  }

  @Override
  public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
    return Mono.defer(() -> {
      HttpProtection protection = protections.apply(request.url());
      if (protection == null) {
        return next.exchange(request);
      }
      boolean isRepeatable =
          isReplayable(request) && protection.isRepeatable(request.method(), request.headers());
      Pipeline policies = protection.around(request.url(), isRepeatable);
      return policies == null
          ? next.exchange(request)
          : new ReactiveExchange(protection, request, next)
              .run(ResilienceOperator.<ClientResponse>of(policies));
    });
  }

  private static boolean isReplayable(ClientRequest request) {
    return request.body() == BodyInserters.empty()
        || Boolean.TRUE.equals(request.attribute(REPLAYABLE_BODY).orElse(null));
  }
}
