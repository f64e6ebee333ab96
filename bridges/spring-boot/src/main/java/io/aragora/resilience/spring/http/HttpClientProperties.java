package io.aragora.resilience.spring.http;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/** The properties {@code resilience.http}: which policies are around the requests of Spring's HTTP clients. Immutable. */
@ConfigurationProperties(value = "resilience.http", ignoreUnknownFields = false)
public final class HttpClientProperties {
  /** The name of the client for hosts that no client lists. */
  static final String OTHERS = "http";

  private final boolean enabled;
  private final Map<String, Client> clients;

  /**
   * Creates the properties.
   *
   * @param enabled whether the clients that Spring Boot's builders create are protected
   * @param clients settings by the name of the client
   * @throws IllegalArgumentException if two clients list one host, or a client without hosts is not named {@code http}
   */
  public HttpClientProperties(
      @DefaultValue("false") boolean enabled, @Nullable Map<String, Client> clients) {
    this.enabled = enabled;
    this.clients = clients == null ? Map.of() : new TreeMap<>(clients);
    Map<String, String> clientOfHost = new LinkedHashMap<>();
    this.clients.forEach((name, client) -> {
      if (client.hosts().isEmpty() && !name.equals(OTHERS)) {
        throw new IllegalArgumentException("resilience.http.clients." + name
            + ".hosts must list at least one host; only the client 'http' is for all other hosts");
      }
      for (String host : client.hosts()) {
        String other = clientOfHost.putIfAbsent(host, name);
        if (other != null) {
          throw new IllegalArgumentException("resilience.http.clients." + name
              + ".hosts must not list a host of client '" + other + "': " + host);
        }
      }
    });
  }

  /** {@return whether clients are protected} */
  public boolean enabled() {
    return enabled;
  }

  /** {@return the settings by the name of the client} */
  public Map<String, Client> clients() {
    return Map.copyOf(clients);
  }

  /** A policy around requests. */
  public enum PolicyKind {
    /** One for each origin. */
    CIRCUITBREAKER,
    /** Of requests that may be repeated. */
    RETRY,
    /** One for all hosts of the client; its limit and period have to be set. */
    RATELIMITER,
    /** Of each attempt; its limit has to be set. */
    TIMEOUT
  }

  /** The settings of one client. Immutable. */
  public static final class Client {
    private static final Pattern HOST = Pattern.compile("(\\*\\.)?[a-z0-9._-]{1,253}");

    private final Set<String> hosts;
    private final Set<PolicyKind> policies;
    private final @Nullable Set<Integer> transientStatuses;
    private final boolean recordClientErrors;
    private final int maxOrigins;

    /**
     * Creates the settings.
     *
     * @param hosts names without a port; {@code *.example.com} for all below it
     * @param policies which policies are around a request
     * @param transientStatuses each in [400, 599]
     * @param recordClientErrors whether statuses from 400 to 499 count against the origin
     * @param maxOrigins the largest number of origins with a breaker of their own
     * @throws IllegalArgumentException if a host is invalid
     */
    public Client(
        @Nullable List<String> hosts,
        @DefaultValue({"circuitbreaker", "retry"}) Set<PolicyKind> policies,
        @Nullable Set<Integer> transientStatuses,
        @DefaultValue("false") boolean recordClientErrors,
        @DefaultValue("1000") int maxOrigins) {
      this.hosts = new LinkedHashSet<>();
      for (String host : hosts == null ? List.<String>of() : hosts) {
        String lower = host.trim().toLowerCase(Locale.ROOT);
        if (!HOST.matcher(lower).matches()) {
          throw new IllegalArgumentException(
              "hosts must be names without a port, or *.name for all below a name: " + host);
        }
        this.hosts.add(lower);
      }
      this.policies = Set.copyOf(Objects.requireNonNull(policies, "policies"));
      this.transientStatuses = transientStatuses == null ? null : Set.copyOf(transientStatuses);
      this.recordClientErrors = recordClientErrors;
      this.maxOrigins = maxOrigins;
    }

    /** {@return the hosts, in lower case} */
    public Set<String> hosts() {
      return Set.copyOf(hosts);
    }

    /** {@return the policies around a request} */
    public Set<PolicyKind> policies() {
      return policies;
    }

    /** {@return the transient statuses; null for 429, 500, 502, 503 and 504} */
    public @Nullable Set<Integer> transientStatuses() {
      return transientStatuses;
    }

    /** {@return whether statuses from 400 to 499 count against the origin} */
    public boolean recordClientErrors() {
      return recordClientErrors;
    }

    /** {@return the largest number of origins with a breaker of their own} */
    public int maxOrigins() {
      return maxOrigins;
    }
  }
}
