package io.aragora.resilience.health.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import io.aragora.resilience.health.json.FlatObject;
import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.health.page.BreakerControl;
import io.aragora.resilience.health.page.Target;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.spi.Setting;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
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
  private static final long WARN_NANOS = TimeUnit.MINUTES.toNanos(1);

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
  private final AtomicLong warnedNanos = new AtomicLong(System.nanoTime() - WARN_NANOS);

  ControlRequests(@Nullable OperatorToken token, BreakerControl control) {
    this.token = token;
    this.control = control;
  }

  Answer answer(String path, HttpExchange exchange) throws IOException {
    BreakerControl.Action action =
        BreakerControl.Action.of(path.substring(PATH.length())).orElse(null);
    if (action == null) {
      return Answer.NOT_FOUND;
    }
    if (!exchange.getRequestMethod().equals("POST")) {
      return NOT_POST;
    }
    Answer refusal = refusal(exchange);
    return refusal != null ? refusal : act(action, exchange);
  }

  private @Nullable Answer refusal(HttpExchange exchange) {
    Headers headers = exchange.getRequestHeaders();
    OperatorToken needed = token;
    if (needed == null) {
      return OFF;
    }
    if (!isOwnOrigin(headers)) {
      warn(exchange, "it comes from another page");
      return OTHER_ORIGIN;
    }
    String authorization = only(headers, "Authorization");
    if (authorization == null || !needed.isIn(authorization)) {
      warn(exchange, "the token is missing or wrong");
      return NO_TOKEN;
    }
    String type = only(headers, "Content-Type");
    if (type == null || !isJson(type)) {
      return NOT_JSON;
    }
    return null;
  }

  private Answer act(BreakerControl.Action action, HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readNBytes(MOST_BYTES + 1);
    if (body.length > MOST_BYTES) {
      return TOO_LARGE;
    }
    Target target;
    try {
      target = target(
          FlatObject.read(UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString()));
    } catch (CharacterCodingException e) {
      return Answer.error(400, "the body must be UTF-8");
    } catch (IllegalArgumentException e) {
      return Answer.error(400, String.valueOf(e.getMessage()));
    }
    if (!control.act(action, target, String.valueOf(exchange.getRemoteAddress()))) {
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
  private static boolean isOwnOrigin(Headers headers) {
    String site = headers.getFirst("Sec-Fetch-Site");
    if (site != null && !site.equals("same-origin") && !site.equals("none")) {
      return false;
    }
    if (!headers.containsKey("Origin")) {
      return true;
    }
    String origin = only(headers, "Origin");
    String host = only(headers, "Host");
    return origin != null
        && host != null
        && (origin.equalsIgnoreCase("http://" + host)
            || origin.equalsIgnoreCase("https://" + host));
  }

  private static boolean isJson(String contentType) {
    String type = contentType.toLowerCase(Locale.ROOT).replace(" ", "");
    return type.equals("application/json") || type.equals("application/json;charset=utf-8");
  }

  private static @Nullable String only(Headers headers, String name) {
    var values = headers.get(name);
    return values != null && values.size() == 1 ? values.get(0) : null;
  }

  /** Says it once a minute, so that nobody fills the log. */
  private void warn(HttpExchange exchange, String why) {
    long now = System.nanoTime();
    long warned = warnedNanos.get();
    if (now - warned >= WARN_NANOS && warnedNanos.compareAndSet(warned, now)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "a request of {0} to control a breaker was refused, {1} (said once a minute)",
          exchange.getRemoteAddress(),
          why);
    }
  }
}
