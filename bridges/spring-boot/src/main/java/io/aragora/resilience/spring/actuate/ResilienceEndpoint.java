package io.aragora.resilience.spring.actuate;

import io.aragora.resilience.Reconfiguration;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.ResilienceException;
import io.aragora.resilience.spring.ResilienceSettings;
import io.aragora.resilience.spring.SpringLog;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.lang.Nullable;

/**
 * The endpoint {@code resilience} of Actuator: shows the runtime and its policies, and controls breakers and chaos.
 *
 * <p>Its access is {@link Access#READ_ONLY} by default: operations that change something exist only if the property {@code
 * management.endpoint.resilience.access} is {@code unrestricted}. Answers are bounded, and contain neither the location of the
 * state store nor messages of failures. Thread-safe.
 */
@WebEndpoint(id = "resilience", defaultAccess = Access.READ_ONLY)
public final class ResilienceEndpoint {
  private static final SpringLog LOG = SpringLog.of(ResilienceEndpoint.class);
  private static final int BAD_REQUEST = 400;

  private final Resilience resilience;
  private final PolicyReport report;
  private final PolicyControl control;
  private final ResilienceSettings settings;

  /**
   * Creates the endpoint.
   *
   * @param resilience the runtime that it shows
   * @param settings the settings of the application, which it reads again if an operator wants that
   */
  public ResilienceEndpoint(Resilience resilience, ResilienceSettings settings) {
    this.resilience = resilience;
    this.settings = settings;
    this.report = new PolicyReport(resilience);
    this.control = new PolicyControl(resilience);
  }

  /**
   * Returns the state of the runtime, and the number of its policies by kind.
   *
   * @return the state by name
   */
  @ReadOperation
  public Map<String, Object> runtime() {
    return report.runtime();
  }

  /**
   * Returns the policies of one kind with their numbers, at most {@value PolicyReport#MOST}, the impaired ones first.
   *
   * @param kind the kind as property names have it: {@code circuitbreaker}, {@code retry}, and so on; or {@code pipeline}
   * @return status 404 for an unknown kind
   */
  @ReadOperation
  public WebEndpointResponse<Map<String, Object>> policies(@Selector String kind) {
    return found(report.policies(kind), "there is no kind of policies of this name");
  }

  /**
   * Returns everything about one policy: its numbers, its settings, and why a breaker is in its state.
   *
   * @param kind the kind as property names have it
   * @param name the name of the policy; its slashes may be those of the path
   * @param key a key of a keyed breaker; null for the policy itself
   * @return status 404 if there is no such policy or key
   */
  @ReadOperation
  public WebEndpointResponse<Map<String, Object>> policy(
      @Selector String kind,
      @Selector(match = Match.ALL_REMAINING) String[] name,
      @Nullable String key) {
    return found(
        report.policy(kind, String.join("/", name), key),
        "the runtime has no policy of this name and key");
  }

  /**
   * Reads the settings of the environment again, and changes the policies whose settings differ, as {@link
   * ResilienceSettings#reload} does. Exists only if the access is unrestricted.
   *
   * @param action {@code reload}
   * @return which policies were changed, and which settings take effect after a restart only; status 400 for another action, or
   *     if a setting is invalid
   */
  @WriteOperation
  public WebEndpointResponse<Map<String, Object>> reload(String action) {
    if (!action.equals("reload")) {
      return failed(
          BAD_REQUEST,
          "without a kind of policies, action must be reload: " + PolicyControl.shown(action));
    }
    try {
      Reconfiguration reconfiguration = settings.reload();
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("runtime", resilience.name());
      answer.put("done", action);
      answer.put("changed", reconfiguration.changed());
      answer.put("kept", reconfiguration.kept());
      return new WebEndpointResponse<>(answer);
    } catch (ResilienceException e) {
      // The message has the value, which may be confidential if its key is unknown.
      LOG.warn("settings are not reloaded: " + e.getMessage());
      return failed(
          BAD_REQUEST,
          "a setting is unknown or invalid, so nothing was changed; the log says which");
    }
  }

  /**
   * Stops chaos. Exists only if the access is unrestricted.
   *
   * @param kind {@code chaos}
   * @param action {@code stop}
   * @return what was done; status 400 for another action
   */
  @WriteOperation
  public WebEndpointResponse<Map<String, Object>> stop(@Selector String kind, String action) {
    if (!kind.equals("chaos") || !action.equals("stop")) {
      return failed(
          BAD_REQUEST,
          "without the name of a policy, only 'stop' of 'chaos' is possible: "
              + PolicyControl.shown(kind));
    }
    control.stopChaos();
    return done(action);
  }

  /**
   * Changes a breaker or a rate limiter. Exists only if the access is unrestricted.
   *
   * @param kind {@code circuitbreaker}, {@code keyedcircuitbreaker} or {@code ratelimiter}
   * @param name the name of the policy; its slashes may be those of the path
   * @param action {@code force-open}, {@code force-closed} or {@code reset} of a breaker; {@code resume} of a rate limiter
   * @param key a key of a keyed breaker; null for other kinds
   * @return what was done; status 400 for an impossible action, 404 if there is no such policy or key
   */
  @WriteOperation
  public WebEndpointResponse<Map<String, Object>> change(
      @Selector String kind,
      @Selector(match = Match.ALL_REMAINING) String[] name,
      String action,
      @Nullable String key) {
    try {
      return control.change(kind, String.join("/", name), key, action)
          ? done(action)
          : failed(
              WebEndpointResponse.STATUS_NOT_FOUND,
              "the runtime has no policy of this name and key; nothing was changed");
    } catch (IllegalArgumentException | ResilienceException e) {
      return failed(BAD_REQUEST, String.valueOf(e.getMessage()));
    }
  }

  private WebEndpointResponse<Map<String, Object>> found(
      Optional<Map<String, Object>> answer, String otherwise) {
    return answer
        .map(WebEndpointResponse::new)
        .orElseGet(() -> failed(WebEndpointResponse.STATUS_NOT_FOUND, otherwise));
  }

  private WebEndpointResponse<Map<String, Object>> done(String action) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("runtime", resilience.name());
    answer.put("done", action);
    return new WebEndpointResponse<>(answer);
  }

  private static WebEndpointResponse<Map<String, Object>> failed(int status, String error) {
    return new WebEndpointResponse<>(Map.of("error", error), status);
  }
}
