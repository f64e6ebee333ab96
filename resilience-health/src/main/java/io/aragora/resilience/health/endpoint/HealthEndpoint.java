package io.aragora.resilience.health.endpoint;

import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.health.server.Limits;
import io.aragora.resilience.health.server.SocketServer;
import io.aragora.resilience.internal.Setting;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Serves the health of a runtime over HTTP: {@code /health/live}, {@code /health/ready}, {@code /health/startup}, {@code
 * /health} for all checks, and paths that other modules contribute, such as {@code /metrics}. The status is 200 while the
 * runtime serves, else 503, as Kubernetes expects. The live page at {@code /} shows the breakers and keeps itself up to date.
 *
 * <pre>{@code
 * HealthEndpoint endpoint = HealthEndpoint.builder().port(8081).build();
 * Resilience resilience = Resilience.builder().extension(endpoint).build();
 * }</pre>
 *
 * <p>Also found by {@link java.util.ServiceLoader}; then it is off until the property {@value #PORT} is set. An endpoint from
 * the builder reads no properties.
 *
 * <p>By default it listens on loopback, shows no details, and has no access control for reading. If other machines can reach
 * it, it serves health alone; other paths must be exposed by name ({@link #EXPOSE}). Control of breakers needs an operator
 * token. On loopback it rejects browsers that use a host name not known to be safe ({@link #HOSTS}).
 *
 * <p>At most 80 clients are connected at a time, each on its own thread; for another one, the client that has kept the
 * endpoint waiting longest is cut off. A client that takes longer than 5 s to send its request, or 10 s to read the answer, is
 * cut off too. At most eight live pages are fed. The health check {@code endpoint} reports the endpoint's own state. Closing
 * the runtime closes the endpoint and its connections. Thread-safe.
 */
public final class HealthEndpoint implements ResilienceExtension {
  /** The property that names the address to listen at. Default 127.0.0.1. */
  public static final String HOST = "resilience.endpoint.host";
  /** The property that sets the port and thereby turns on an endpoint found on the path; 0 for any free port. */
  public static final String PORT = "resilience.endpoint.port";
  /** The property that shows each check, {@code true} or {@code false}. Default {@code false}. */
  public static final String DETAILS = "resilience.endpoint.details";

  /**
   * The property that lists, separated by commas, the hosts that browsers may use, beside addresses and {@code localhost};
   * {@code *} for any. Default: any if other machines can reach the endpoint, else none.
   */
  public static final String HOSTS = "resilience.endpoint.hosts";
  /**
   * The property that sets the operator token, which clients need to control breakers; at least 16 characters. Default:
   * control is disabled.
   */
  public static final String OPERATOR_TOKEN = "resilience.endpoint.operatorToken";

  /**
   * The property that lists, separated by commas, what is served beside health: {@code page} with its {@code events}, {@code
   * control}, paths that other modules contribute without their first slash ({@code metrics}), or {@code all}; {@code health}
   * for nothing else. Default: {@code all} on loopback, {@code health} if other machines can reach the endpoint.
   */
  public static final String EXPOSE = "resilience.endpoint.expose";

  private final @Nullable EndpointSettings given;
  private final Limits limits;
  private final SocketServer.Opener opener;

  // Guarded by this.
  private @Nullable String runtime;
  private @Nullable EndpointServer server;

  /** Creates the endpoint that the property {@value #PORT} turns on. */
  public HealthEndpoint() {
    this(null, Limits.DEFAULT);
  }

  HealthEndpoint(@Nullable EndpointSettings given, Limits limits) {
    this(given, limits, SocketServer::listen);
  }

  HealthEndpoint(@Nullable EndpointSettings given, Limits limits, SocketServer.Opener opener) {
    this.given = given;
    this.limits = limits;
    this.opener = opener;
  }

  /**
   * Returns a new builder of an endpoint.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Starts to listen.
   *
   * @param context the runtime as extensions see it
   * @return the subscription whose close stops listening and ends every thread
   * @throws IllegalArgumentException if a property has an invalid value, or the host is unknown
   * @throws IllegalStateException if this endpoint already serves a runtime
   * @throws java.io.IOException if the port cannot be bound
   */
  @Override
  public AutoCloseable attach(ResilienceContext context) throws Exception {
    EndpointSettings settings = given != null ? given : EndpointSettings.of(context);
    if (settings == null) {
      return () -> {};
    }
    String name = context.resilience().name();
    EndpointServer started = null;
    begin(name);
    try {
      // Without the lock: health checks and log handlers of the application run in here.
      started = EndpointServer.start(context, settings, limits, opener);
    } finally {
      use(started);
    }
    EndpointServer closing = started;
    return () -> stop(closing);
  }

  private synchronized void begin(String name) {
    if (runtime != null) {
      throw new IllegalStateException(
          "this endpoint already serves the runtime " + runtime + ": build one for each runtime");
    }
    runtime = name;
  }

  private synchronized void use(@Nullable EndpointServer started) {
    server = started;
    if (started == null) {
      runtime = null;
    }
  }

  /**
   * Returns the address of the endpoint.
   *
   * @return {@code http://127.0.0.1:8081/} for instance
   * @throws IllegalStateException if this endpoint is not attached yet, closed, or not turned on
   */
  public synchronized URI uri() {
    if (server == null) {
      throw new IllegalStateException("the endpoint is not started");
    }
    return server.uri();
  }

  private void stop(EndpointServer started) {
    synchronized (this) {
      if (server != started) {
        return;
      }
      use(null);
    }
    started.close();
  }

  /** Builds an endpoint. Every setter checks its value. Not thread-safe. */
  public static final class Builder {
    private String host = EndpointSettings.DEFAULT_HOST;
    private int port;
    private boolean details;
    private List<String> hosts = List.of();
    private @Nullable OperatorToken token;
    private @Nullable List<String> expose;

    private Builder() {}

    /**
     * Sets the address to listen at. Default 127.0.0.1, which only this machine reaches.
     *
     * @param host an address or name of this machine; 0.0.0.0 for all
     * @return this builder
     * @throws IllegalArgumentException if {@code host} is blank, or longer than 10,000 characters
     */
    public Builder host(String host) {
      this.host = Setting.name("host", host);
      return this;
    }

    /**
     * Sets the port. Default 0, any free port, which {@link HealthEndpoint#uri()} returns.
     *
     * @param port in [0, 65535]
     * @return this builder
     * @throws IllegalArgumentException if {@code port} is not in [0, 65535]
     */
    public Builder port(int port) {
      this.port = Setting.inRange("port", 0, 65_535, port);
      return this;
    }

    /**
     * Sets whether each check is shown with its details, which may be confidential. Default false.
     *
     * @param show whether to show them
     * @return this builder
     */
    public Builder showDetails(boolean show) {
      this.details = show;
      return this;
    }

    /**
     * Sets the hosts that browsers may use, beside addresses, {@code localhost} and {@link #host}; another site's page can
     * send a browser here under any name. Default: any if other machines can reach the endpoint, else none. While details are
     * off, health is served whatever the host.
     *
     * @param names without a port; {@code *} for any; at most 100
     * @return this builder
     * @throws IllegalArgumentException if a name is invalid, or there are more than 100
     */
    public Builder hosts(String... names) {
      this.hosts = EndpointSettings.hosts("hosts", String.join(",", names));
      return this;
    }

    /**
     * Sets the operator token, with which clients can reset breakers and force them open or closed. Default: control is
     * disabled. The endpoint has no TLS, so keep it on loopback or behind a proxy with TLS.
     *
     * @param token 16 to 1,000 visible ASCII characters, preferably random
     * @return this builder
     * @throws IllegalArgumentException if {@code token} is shorter or longer, or has other characters; the message does not
     * show it
     */
    public Builder operatorToken(String token) {
      this.token = OperatorToken.of("operatorToken", token);
      return this;
    }

    /**
     * Sets what is served beside health. Default: {@code all} on loopback, {@code health} if other machines can reach the
     * endpoint.
     *
     * @param names {@code page} with its {@code events}, {@code control}, paths that other modules contribute without their
     *     first slash ({@code metrics}), or {@code all}; {@code health} for nothing else; at most 100. The endpoint logs a
     *     path that no module contributes when it starts
     * @return this builder
     * @throws IllegalArgumentException if a name is invalid, or there are no names, or more than 100
     */
    public Builder expose(String... names) {
      this.expose = Exposure.names("expose", String.join(",", names));
      return this;
    }

    /**
     * Creates the endpoint, which listens once a runtime is built with it.
     *
     * @return the endpoint, for one runtime at a time
     */
    public HealthEndpoint build() {
      return new HealthEndpoint(
          new EndpointSettings(host, port, details, hosts, token, expose), Limits.DEFAULT);
    }
  }
}
