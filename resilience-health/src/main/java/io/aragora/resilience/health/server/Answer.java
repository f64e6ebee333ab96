package io.aragora.resilience.health.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.aragora.resilience.health.json.JsonObject;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** A response: status, body, and the headers that every response has. Immutable; the body is never written to. */
public final class Answer {
  /** 404. */
  public static final Answer NOT_FOUND = error(404, "not found");
  /** 405, to which the caller adds the allowed methods. */
  public static final Answer METHOD_NOT_ALLOWED = error(405, "method not allowed");
  /** 500. */
  public static final Answer FAILED = error(500, "internal error");

  private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern(
          "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
      .withZone(ZoneOffset.UTC);

  private final int status;
  private final String contentType;
  private final byte[] body;
  private final Map<String, String> headers;

  /**
   * Creates an answer.
   *
   * @param status an HTTP status that {@link #reason} has
   * @param contentType a media type
   * @param body the body
   * @throws IllegalArgumentException if {@code contentType} has characters other than visible ASCII and spaces
   */
  public Answer(int status, String contentType, byte[] body) {
    this(status, contentType, body, Map.of());
  }

  private Answer(int status, String contentType, byte[] body, Map<String, String> headers) {
    if (!contentType.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
      throw new IllegalArgumentException("contentType must be visible ASCII characters and spaces");
    }
    this.status = status;
    this.contentType = contentType;
    this.body = body;
    this.headers = headers;
  }

  /**
   * Creates an answer of JSON.
   *
   * @param status an HTTP status
   * @param body the body
   * @return the answer
   */
  public static Answer json(int status, JsonObject body) {
    return new Answer(status, "application/json", body.toString().getBytes(UTF_8));
  }

  /**
   * Creates an answer for a request that failed.
   *
   * @param status an HTTP status
   * @param what the reason
   * @return the answer
   */
  public static Answer error(int status, String what) {
    return json(status, new JsonObject().put("error", what));
  }

  /**
   * Returns a copy with one more header.
   *
   * @param header its name
   * @param value its value
   * @return the copy
   */
  public Answer with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new Answer(status, contentType, body, more);
  }

  /**
   * Returns the status.
   *
   * @return an HTTP status
   */
  public int status() {
    return status;
  }

  /**
   * Returns the headers that this response adds to the common ones.
   *
   * @return an immutable map
   */
  public Map<String, String> headers() {
    return Collections.unmodifiableMap(headers);
  }

  /**
   * Returns the body.
   *
   * @return as text of UTF-8
   */
  public String text() {
    return new String(body, UTF_8);
  }

  byte[] body() {
    return body;
  }

  /** Returns the head; without a length if the end of the connection ends the body. */
  byte[] head(boolean withLength) {
    StringBuilder head = new StringBuilder(512).append("HTTP/1.1 ").append(reason(status));
    line(head, "Date", DATE.format(Instant.now()));
    line(head, "Content-Type", contentType);
    line(head, "Cache-Control", "no-store");
    line(head, "X-Content-Type-Options", "nosniff");
    line(head, "Cross-Origin-Resource-Policy", "same-origin");
    line(head, "Referrer-Policy", "no-referrer");
    // One request per connection: a client that asks every few seconds gains nothing from a lasting
    // connection, and bytes after its request are never taken for a second one.
    line(head, "Connection", "close");
    headers.forEach((name, value) -> line(head, name, value));
    if (withLength) {
      line(head, "Content-Length", Integer.toString(body.length));
    }
    return head.append("\r\n\r\n").toString().getBytes(ISO_8859_1);
  }

  private static void line(StringBuilder head, String name, String value) {
    head.append("\r\n").append(name).append(": ").append(value);
  }

  private static String reason(int status) {
    return switch (status) {
      case 200 -> "200 OK";
      case 400 -> "400 Bad Request";
      case 401 -> "401 Unauthorized";
      case 403 -> "403 Forbidden";
      case 404 -> "404 Not Found";
      case 405 -> "405 Method Not Allowed";
      case 411 -> "411 Length Required";
      case 413 -> "413 Content Too Large";
      case 415 -> "415 Unsupported Media Type";
      case 421 -> "421 Misdirected Request";
      case 431 -> "431 Request Header Fields Too Large";
      case 500 -> "500 Internal Server Error";
      case 503 -> "503 Service Unavailable";
      case 505 -> "505 HTTP Version Not Supported";
      default -> throw new IllegalArgumentException("status has no reason phrase: " + status);
    };
  }
}
