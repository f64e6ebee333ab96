package io.aragora.resilience.health.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthResult;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;

/** What goes back to the client. Nobody writes to the body once it is here. */
final class Answer {
  static final Answer NOT_FOUND = json(404, new JsonObject().put("error", "not found"));
  static final Answer METHOD_NOT_ALLOWED =
      json(405, new JsonObject().put("error", "method not allowed"));
  static final Answer FAILED = json(500, new JsonObject().put("error", "internal error"));

  private final int status;
  private final String contentType;
  private final byte[] body;

  Answer(int status, String contentType, byte[] body) {
    this.status = status;
    this.contentType = contentType;
    this.body = body;
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

  int status() {
    return status;
  }

  String contentType() {
    return contentType;
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

  private static Answer json(int status, JsonObject body) {
    return new Answer(status, "application/json", body.toString().getBytes(UTF_8));
  }
}
