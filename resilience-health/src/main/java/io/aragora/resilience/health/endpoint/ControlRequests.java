package io.aragora.resilience.health.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.aragora.resilience.health.json.FlatObject;
import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.health.page.BreakerControl;
import io.aragora.resilience.health.page.ChaosNotice;
import io.aragora.resilience.health.page.Target;
import io.aragora.resilience.health.server.Answer;
import io.aragora.resilience.health.server.Exchange;
import io.aragora.resilience.health.threads.OncePerMinute;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.Setting;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Answers {@code POST /control/…}. Rejects every request unless a token is configured and the request has it. From
 * browsers it accepts requests of the endpoint's own page only: requests of other pages carry another origin, and need
 * a preflight for the token's header and the content type, which the endpoint never grants. Thread-safe.
 */
final class ControlRequests {
  static final String PATH = "/control/";
  /** Room for two names of 10,000 escaped characters and the JSON around them. */
  static final int MOST_BYTES = 128 * 1024;

  private static final GuardedLog LOG = GuardedLog.of(ControlRequests.class);

  private static final Answer OFF = Answer.error(
      403, "control is disabled: set " + HealthEndpoint.OPERATOR_TOKEN + " to enable it");
  private static final Answer OTHER_ORIGIN =
      Answer.error(403, "only the page of this endpoint can send this request");
  private static final Answer NO_TOKEN = Answer.error(401, "the operator token is missing or wrong")
      .with("WWW-Authenticate", "Bearer realm=\"resilience\"");
  private static final Answer NOT_POST = Answer.METHOD_NOT_ALLOWED.with("Allow", "POST");
  private static final Answer NOT_JSON =
      Answer.error(415, "the content type must be application/json");
  private static final Answer TOO_LARGE =
      Answer.error(413, "the body must have at most " + MOST_BYTES + " bytes");
  private static final Answer NO_BREAKER =
      Answer.error(404, "the runtime has no breaker of this name and key; nothing was changed");

  private final @Nullable OperatorToken token;
  private final BreakerControl control;
  private final ChaosNotice chaos;
  private final Guesses guesses;
  private final OncePerMinute lines = new OncePerMinute();
  private final Semaphore room = new Semaphore(Pages.MOST_OF_ONE);

  ControlRequests(
      @Nullable OperatorToken token, BreakerControl control, ChaosNotice chaos, Guesses guesses) {
    this.token = token;
    this.control = control;
    this.chaos = chaos;
    this.guesses = guesses;
  }

  Answer answer(String path, Exchange exchange) throws IOException {
    String what = path.substring(PATH.length());
    BreakerControl.Action action = BreakerControl.Action.of(what).orElse(null);
    if (action == null && !what.equals(ChaosNotice.STOP)) {
      return Answer.NOT_FOUND;
    }
    if (!exchange.method().equals("POST")) {
      return NOT_POST;
    }
    Answer rejection = rejection(exchange);
    if (rejection != null) {
      return rejection;
    }
    byte[] body = exchange.body(MOST_BYTES);
    if (body == null) {
      return TOO_LARGE;
    }
    return new Page(exchange.path(), () -> act(action, body, exchange), room).answer();
  }

  private @Nullable Answer rejection(Exchange exchange) throws IOException {
    OperatorToken needed = token;
    if (needed == null) {
      return OFF;
    }
    if (!isOwnOrigin(exchange)) {
      warn(exchange, "another page sent it");
      return OTHER_ORIGIN;
    }
    if (exchange.headers("Authorization").isEmpty()) {
      warn(exchange, "the token is missing");
      return NO_TOKEN;
    }
    String authorization = exchange.header("Authorization");
    boolean right = authorization != null && needed.isIn(authorization);
    guesses.slowDown(exchange, right);
    if (!right) {
      warn(exchange, "the token is wrong; wrong tokens so far: " + guesses.count());
      return NO_TOKEN;
    }
    String type = exchange.header("Content-Type");
    if (type == null || !isJson(type)) {
      return NOT_JSON;
    }
    return null;
  }

  /** Performs an action; stops chaos if there is none. */
  private Answer act(BreakerControl.@Nullable Action action, byte[] body, Exchange exchange) {
    Target target;
    try {
      Map<String, String> members =
          FlatObject.read(UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString());
      if (action == null) {
        return stopChaos(members, exchange);
      }
      target = target(members);
    } catch (CharacterCodingException e) {
      return Answer.error(400, "the body must be UTF-8");
    } catch (IllegalArgumentException e) {
      return Answer.error(400, String.valueOf(e.getMessage()));
    }
    if (!control.act(action, target, String.valueOf(exchange.client()))) {
      return NO_BREAKER;
    }
    return Answer.json(200, new JsonObject().put("done", action.text()));
  }

  private Answer stopChaos(Map<String, String> members, Exchange exchange) {
    if (!members.isEmpty()) {
      throw new IllegalArgumentException("the JSON must be empty");
    }
    chaos.stop(String.valueOf(exchange.client()));
    return Answer.json(200, new JsonObject().put("done", ChaosNotice.STOP));
  }

  private static Target target(Map<String, String> members) {
    String name = members.get("name");
    String key = members.get("key");
    if (name == null || !Set.of("name", "key").containsAll(members.keySet())) {
      throw new IllegalArgumentException("the JSON must have a name, and may have a key");
    }
    return new Target(Setting.name("name", name), key == null ? null : Setting.name("key", key));
  }

  /** Whether the request comes from the endpoint's own page, or from no page at all. */
  private static boolean isOwnOrigin(Exchange exchange) {
    for (String site : exchange.headers("Sec-Fetch-Site")) {
      if (!site.equals("same-origin") && !site.equals("none")) {
        return false;
      }
    }
    if (exchange.headers("Origin").isEmpty()) {
      return true;
    }
    String origin = exchange.header("Origin");
    String host = exchange.header("Host");
    return origin != null
        && host != null
        && (origin.equalsIgnoreCase("http://" + host)
            || origin.equalsIgnoreCase("https://" + host));
  }

  private static boolean isJson(String contentType) {
    String type = contentType.toLowerCase(Locale.ROOT).replace(" ", "");
    return type.equals("application/json") || type.equals("application/json;charset=utf-8");
  }

  private void warn(Exchange exchange, String why) {
    if (lines.passes()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "rejected a request of {0} to control a breaker: {1} (logged once a minute)",
          exchange.client(),
          why);
    }
  }
}
