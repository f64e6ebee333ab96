package io.aragora.resilience.health.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** What goes back to the client. Nobody writes to the body once it is here. */
final class Answer {
  static final Answer NOT_FOUND = error(404, "not found");
  static final Answer METHOD_NOT_ALLOWED = error(405, "method not allowed");
  static final Answer FAILED = error(500, "internal error");

  private final int status;
  private final String contentType;
  private final byte[] body;
  private final Map<String, String> headers;

  Answer(int status, String contentType, byte[] body) {
    this(status, contentType, body, Map.of());
  }

  private Answer(int status, String contentType, byte[] body, Map<String, String> headers) {
    this.status = status;
    this.contentType = contentType;
    this.body = body;
    this.headers = headers;
  }

  /** Says how a runtime is, in the status too: 200 while it serves, else 503, as Kubernetes reads it. */
  static Answer of(HealthReport report, boolean details) {
    JsonObject json = new JsonObject().put("status", report.status().text());
    if (details) {
      JsonObject checks = new JsonObject();
      report.checks().forEach((name, result) -> checks.put(name, check(result)));
      json.put("summary", report.summary())
          .put("checked_at", report.checkedAt().toString())
          .put("checks", checks);
    }
    return json(report.status().isServing() ? 200 : 503, json);
  }

  static Answer json(int status, JsonObject body) {
    return new Answer(status, "application/json", body.toString().getBytes(UTF_8));
  }

  static Answer error(int status, String what) {
    return json(status, new JsonObject().put("error", what));
  }

  /** Gives the same answer with one header more. */
  Answer with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new Answer(status, contentType, body, more);
  }

  int status() {
    return status;
  }

  String contentType() {
    return contentType;
  }

  Map<String, String> headers() {
    return headers;
  }

  int length() {
    return body.length;
  }

  void writeTo(OutputStream target) throws IOException {
    target.write(body);
  }

  private static JsonObject check(HealthResult result) {
    JsonObject json = new JsonObject()
        .put("status", result.status().text())
        .put("detail", result.detail())
        .put("duration_ms", result.duration().toMillis());
    Instant since = result.since();
    if (since != null) {
      json.put("since", since.toString());
    }
    return result.details().isEmpty() ? json : json.put("details", result.details());
  }
}
