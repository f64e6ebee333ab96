package io.aragora.resilience.health.endpoint;

import io.aragora.resilience.health.server.Limits;
import io.aragora.resilience.health.server.SocketServer;
import io.aragora.resilience.spi.ResilienceContext;
import io.aragora.resilience.spi.ResilienceExtension;
import io.aragora.resilience.spi.Setting;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers for the health of a runtime over HTTP: {@code /health/live}, {@code /health/ready}, {@code /health/startup}, {@code /health} for all checks, and what other modules contribute, {@code
 * /metrics} for one. 200 while the runtime serves, else 503, which is what Kubernetes asks for. At {@code /} there is a page
 * for people, which shows the breakers as they are and goes on showing them.
 *
 * <pre>{@code
 * HealthEndpoint endpoint = HealthEndpoint.builder().port(8081).build();
 * Resilience resilience = Resilience.builder().extension(endpoint).build();
 * }</pre>
 *
 * <p>Found by {@link java.util.ServiceLoader} too, and then off until {@value #PORT} is set. One that was built does not
 * look at properties.
 *
 * <p>It listens on loopback unless told otherwise, has no access control for those who read, and tells no details unless
 * asked to. Where other machines reach it, it answers for health alone; the rest is asked for by name ({@link #EXPOSE}). It changes nothing for anybody unless an operator token is set, and then for those who have it. On loopback it
 * answers no browser that comes by a name which is not known to be safe ({@link #HOSTS}).
 *
 * <p>At most 80 clients are connected at once, each on a thread of its own; for more, the one that has kept the endpoint
 * waiting for longest is cut off. So is a client that takes longer than 5 s to send its request, or 10 s to read the answer.
 * At most eight live pages are fed. The health check {@code endpoint} says how the endpoint is itself. Closing the runtime
 * closes the endpoint, and cuts off what it is answering. Thread-safe.
 */
public final class HealthEndpoint implements ResilienceExtension {
  /** The property that names the address to listen at. Default 127.0.0.1. */
  public static final String HOST = "resilience.endpoint.host";
  /** The property that turns on what was found on the path: the port, 0 for any that is free. */
  public static final String PORT = "resilience.endpoint.port";
  /** The property that shows single checks, {@code true} or {@code false}. Default {@code false}. */
  public static final String DETAILS = "resilience.endpoint.details";

  /**
   * The property that names, separated by commas, the hosts by which browsers may come, besides addresses and {@code
   * localhost}; {@code *} for any. Default: any where other machines reach the endpoint, else none.
   */
  public static final String HOSTS = "resilience.endpoint.hosts";
  /** The property that lets those who have this token control breakers, at least 16 characters. Default: nobody can. */
  public static final String OPERATOR_TOKEN = "resilience.endpoint.operatorToken";

  /**
   * The property that names, separated by commas, what is answered beside health: {@code page} with its {@code events}, {@code
   * control}, paths that other modules contribute without their first slash ({@code metrics}), or {@code all}; {@code health}
   * for nothing else. Default: {@code all} on loopback, {@code health} where other machines reach the endpoint.
   */
  public static final String EXPOSE = "resilience.endpoint.expose";

  private final @Nullable EndpointSettings given;
  private final Limits limits;
  private final SocketServer.Opener opener;
  private @Nullable EndpointServer server; // guarded by this

  /** Makes the endpoint that the property {@value #PORT} turns on. */
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
   * Starts to describe an endpoint.
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
   * @return stops listening, and ends every thread
   * @throws IllegalArgumentException if a property has a bad value, or the host is unknown
   * @throws IllegalStateException if this endpoint serves a runtime already
   * @throws java.io.IOException if the port cannot be bound
   */
  @Override
  public synchronized AutoCloseable attach(ResilienceContext context) throws Exception {
    EndpointSettings settings = given != null ? given : EndpointSettings.of(context);
    if (settings == null) {
      return () -> {};
    }
    if (server != null) {
      throw new IllegalStateException("this endpoint serves the runtime " + server.runtime()
          + " already: build one for each runtime");
    }
    EndpointServer started = EndpointServer.start(context, settings, limits, opener);
    server = started;
    return () -> stop(started);
  }

  /**
   * Gives the address that is listened at.
   *
   * @return {@code http://127.0.0.1:8081/} for instance
   * @throws IllegalStateException if it does not listen: not attached yet, closed, or not turned on
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
      server = null;
    }
    started.close();
  }

  /** Describes an endpoint. Every setter checks its value. Not thread-safe. */
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
     * Sets the port. Default 0, any that is free; {@link HealthEndpoint#uri()} tells which.
     *
     * @param port in [0, 65535]
     * @return this builder
     * @throws IllegalArgumentException if {@code port} is outside
     */
    public Builder port(int port) {
      this.port = Setting.inRange("port", 0, 65_535, port);
      return this;
    }

    /**
     * Sets whether single checks are shown, with what they say, which may be more than strangers should read. Default
     * false.
     *
     * @param show whether they are
     * @return this builder
     */
    public Builder showDetails(boolean show) {
      this.details = show;
      return this;
    }

    /**
     * Sets the hosts by which browsers may come, besides addresses, {@code localhost} and {@link #host}: somebody else's page
     * can lead a browser here by any name. Default: any where other machines reach the endpoint, else none. Where details are
     * off, health is told whatever the host.
     *
     * @param names without a port; {@code *} for any; at most 100
     * @return this builder
     * @throws IllegalArgumentException if one is no name, or there are too many
     */
    public Builder hosts(String... names) {
      this.hosts = EndpointSettings.hosts("hosts", String.join(",", names));
      return this;
    }

    /**
     * Lets those who have this token reset breakers, and force them open and closed. Default: nobody can. There is no TLS, so
     * keep the endpoint on loopback, or behind what has it.
     *
     * @param token 16 to 1,000 visible ASCII characters, random ones best
     * @return this builder
     * @throws IllegalArgumentException if it is shorter or longer, or has others in it; the message does not show it
     */
    public Builder operatorToken(String token) {
      this.token = OperatorToken.of("operatorToken", token);
      return this;
    }

    /**
     * Sets what is answered beside health. Default: {@code all} on loopback, {@code health} where other machines reach the
     * endpoint.
     *
     * @param names {@code page} with its {@code events}, {@code control}, paths that other modules contribute without their
     *     first slash ({@code metrics}), or {@code all}; {@code health} for nothing else; at most 100. A path that no module
     *     contributes is logged when the endpoint starts
     * @return this builder
     * @throws IllegalArgumentException if one cannot be a name, or there is none, or there are too many
     */
    public Builder expose(String... names) {
      this.expose = Exposure.names("expose", String.join(",", names));
      return this;
    }

    /**
     * Makes the endpoint; it listens once a runtime is built with it.
     *
     * @return the endpoint, for one runtime at a time
     */
    public HealthEndpoint build() {
      return new HealthEndpoint(
          new EndpointSettings(host, port, details, hosts, token, expose), Limits.DEFAULT);
    }
  }
}
