package io.aragora.resilience.health.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.aragora.resilience.health.json.FlatObject;
import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.health.page.BreakerControl;
import io.aragora.resilience.health.page.Target;
import io.aragora.resilience.health.server.Answer;
import io.aragora.resilience.health.server.Exchange;
import io.aragora.resilience.health.threads.OncePerMinute;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.spi.Setting;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Answers {@code POST /control/…}. Refuses everything unless there is a token, and then everybody who does not have it. Of a
 * browser it takes requests of our own page only: another page's carry its origin, or cannot carry the header with the token,
 * or this content type, without asking first, which is answered to nobody. Thread-safe.
 */
final class ControlRequests {
  static final String PATH = "/control/";
  /** Two names of 10,000 characters, each character escaped, and what is around them. */
  static final int MOST_BYTES = 128 * 1024;

  private static final GuardedLog LOG = GuardedLog.of(ControlRequests.class);

  private static final Answer OFF = Answer.error(
      403, "nothing can be controlled: " + HealthEndpoint.OPERATOR_TOKEN + " is not set");
  private static final Answer OTHER_ORIGIN =
      Answer.error(403, "only this endpoint's own page may ask");
  private static final Answer NO_TOKEN = Answer.error(401, "the operator token is missing or wrong")
      .with("WWW-Authenticate", "Bearer realm=\"resilience\"");
  private static final Answer NOT_POST = Answer.METHOD_NOT_ALLOWED.with("Allow", "POST");
  private static final Answer NOT_JSON =
      Answer.error(415, "the content type must be application/json");
  private static final Answer TOO_LARGE =
      Answer.error(413, "the body must have at most " + MOST_BYTES + " bytes");
  private static final Answer NO_BREAKER = Answer.error(404, "there is no such breaker");

  private final @Nullable OperatorToken token;
  private final BreakerControl control;
  private final Guesses guesses;
  private final OncePerMinute lines = new OncePerMinute();
  private final Semaphore room = new Semaphore(Pages.MOST_OF_ONE);

  ControlRequests(@Nullable OperatorToken token, BreakerControl control, Guesses guesses) {
    this.token = token;
    this.control = control;
    this.guesses = guesses;
  }

  Answer answer(String path, Exchange exchange) throws IOException {
    BreakerControl.Action action =
        BreakerControl.Action.of(path.substring(PATH.length())).orElse(null);
    if (action == null) {
      return Answer.NOT_FOUND;
    }
    if (!exchange.method().equals("POST")) {
      return NOT_POST;
    }
    Answer refusal = refusal(exchange);
    if (refusal != null) {
      return refusal;
    }
    byte[] body = exchange.body(MOST_BYTES);
    if (body == null) {
      return TOO_LARGE;
    }
    return new Page(exchange.path(), () -> act(action, body, exchange), room).answer();
  }

  private @Nullable Answer refusal(Exchange exchange) throws IOException {
    OperatorToken needed = token;
    if (needed == null) {
      return OFF;
    }
    if (!isOwnOrigin(exchange)) {
      warn(exchange, "it comes from another page");
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
      warn(exchange, "the token is wrong, the number of wrong ones is now " + guesses.count());
      return NO_TOKEN;
    }
    String type = exchange.header("Content-Type");
    if (type == null || !isJson(type)) {
      return NOT_JSON;
    }
    return null;
  }

  private Answer act(BreakerControl.Action action, byte[] body, Exchange exchange) {
    Target target;
    try {
      target = target(
          FlatObject.read(UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString()));
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

  private static Target target(Map<String, String> members) {
    String name = members.get("name");
    String key = members.get("key");
    if (name == null || !Set.of("name", "key").containsAll(members.keySet())) {
      throw new IllegalArgumentException("the JSON must have a name, and a key where there is one");
    }
    return new Target(Setting.name("name", name), key == null ? null : Setting.name("key", key));
  }

  /** Whether it comes from our page, or from no page at all. */
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
          "a request of {0} to control a breaker was refused: {1} (logged once a minute)",
          exchange.client(),
          why);
    }
  }
}
