package io.aragora.resilience.spring.http;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.http.internal.Origin;
import io.aragora.resilience.spring.http.HttpClientProperties.Client;
import io.aragora.resilience.spring.http.HttpClientProperties.PolicyKind;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The protections of an application by host. Declares all policies at once, so that an invalid setting ends the start. Immutable and thread-safe. */
final class HttpProtections {
  private final HttpProtection others;
  private final Map<String, HttpProtection> byHost = new LinkedHashMap<>();

  HttpProtections(Resilience resilience, HttpClientProperties properties) {
    Map<String, Client> clients = properties.clients();
    this.others = protection(
        resilience,
        HttpClientProperties.OTHERS,
        clients.getOrDefault(
            HttpClientProperties.OTHERS,
            new Client(
                List.of(),
                Set.of(PolicyKind.CIRCUITBREAKER, PolicyKind.RETRY),
                null,
                false,
                1000)));
    clients.forEach((name, client) -> {
      HttpProtection protection =
          name.equals(HttpClientProperties.OTHERS) ? others : protection(resilience, name, client);
      client.hosts().forEach(host -> byHost.put(host, protection));
    });
  }

  private static HttpProtection protection(Resilience resilience, String name, Client client) {
    HttpProtection.Builder builder = HttpProtection.builder(resilience)
        .name(name)
        .recordClientErrors(client.recordClientErrors())
        .maxOrigins(client.maxOrigins());
    Set<Integer> statuses = client.transientStatuses();
    if (statuses != null) {
      builder.transientStatuses(statuses);
    }
    if (!client.policies().contains(PolicyKind.CIRCUITBREAKER)) {
      builder.noCircuitBreaker();
    }
    if (!client.policies().contains(PolicyKind.RETRY)) {
      builder.noRetry();
    }
    if (client.policies().contains(PolicyKind.RATELIMITER)) {
      builder.rateLimiter(resilience.rateLimiter(name));
    }
    if (client.policies().contains(PolicyKind.TIMEOUT)) {
      builder.timeout(resilience.timeout(name));
    }
    return builder.build();
  }

  /** Returns the protection of a host: the one that lists its name, else the longest name that it is below. */
  HttpProtection of(URI uri) {
    String name = Origin.host(uri);
    HttpProtection found = byHost.get(name);
    for (int dot = name.indexOf('.'); found == null && dot >= 0; dot = name.indexOf('.', dot + 1)) {
      found = byHost.get("*" + name.substring(dot));
    }
    return found != null ? found : others;
  }
}
