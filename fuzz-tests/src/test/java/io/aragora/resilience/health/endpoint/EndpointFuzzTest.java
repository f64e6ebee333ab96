package io.aragora.resilience.health.endpoint;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.fuzz.FuzzInput;
import io.aragora.resilience.fuzz.Shown;
import io.aragora.resilience.health.server.Limits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The endpoint as strangers reach it: bytes over a socket, host names; and its settings. */
class EndpointFuzzTest {
  private static final String TOKEN = "0123456789abcdef";
  private static final int MOST_OF_ERROR = 600;
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.1 ([0-9]{3}) [A-Z][A-Za-z ]+");
  private static final Pattern HEADER = Pattern.compile("([A-Za-z-]+): ([\\x20-\\x7e]*)");
  private static final JsonMapper JACKSON = new JsonMapper();

  /** One for all inputs, so that an input can harm later ones, as it could in an application. */
  private static final HealthEndpoint ENDPOINT = start();

  private static HealthEndpoint start() {
    HealthEndpoint endpoint = new HealthEndpoint(
        new EndpointSettings(
            "127.0.0.1", 0, true, List.of(), OperatorToken.of("token", TOKEN), List.of("all")),
        new Limits(
            80,
            Duration.ofSeconds(5),
            Duration.ofSeconds(10),
            Duration.ofMillis(1),
            8,
            Duration.ofMillis(5),
            Duration.ofMillis(2),
            Duration.ofMillis(2)));
    Resilience resilience =
        Resilience.builder().name("fuzz").extension(endpoint).build();
    resilience.circuitBreaker("shop", CircuitBreakerConfig.defaults());
    return endpoint;
  }

  /** Every request has a response of valid HTTP, or none if it is not complete. The next client is served. */
  @FuzzTest
  void request(byte[] input) throws IOException {
    byte[] response = exchange(input);
    if (response.length > 0) {
      check(response);
    }
    assertThat(new String(
            exchange("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(UTF_8)),
            ISO_8859_1))
        .startsWith("HTTP/1.1 200 ");
  }

  private static byte[] exchange(byte[] request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", ENDPOINT.uri().getPort())) {
      socket.setSoTimeout(30_000);
      try {
        socket.getOutputStream().write(request);
        socket.shutdownOutput();
      } catch (SocketException e) {
        // The server has answered and closed the connection.
      }
      return socket.getInputStream().readAllBytes();
    }
  }

  private static void check(byte[] response) throws IOException {
    String text = new String(response, ISO_8859_1);
    if (text.startsWith("HTTP/1.1 100 Continue\r\n\r\n")) {
      text = text.substring("HTTP/1.1 100 Continue\r\n\r\n".length());
      if (text.isEmpty()) {
        return;
      }
    }
    int end = text.indexOf("\r\n\r\n");
    assertThat(end).isPositive();
    String[] lines = text.substring(0, end).split("\r\n");
    Matcher status = STATUS.matcher(lines[0]);
    assertThat(status.matches()).as(lines[0]).isTrue();
    assertThat(status.group(1)).as(text).isNotEqualTo("500");
    Map<String, String> headers = new HashMap<>();
    for (int i = 1; i < lines.length; i++) {
      Matcher header = HEADER.matcher(lines[i]);
      assertThat(header.matches()).as(lines[i]).isTrue();
      assertThat(headers.put(header.group(1).toLowerCase(Locale.ROOT), header.group(2)))
          .isNull();
    }
    assertThat(headers)
        .containsEntry("x-content-type-options", "nosniff")
        .containsEntry("connection", "close");
    byte[] body = text.substring(end + 4).getBytes(ISO_8859_1);
    String length = headers.get("content-length");
    if (length != null && body.length > 0) {
      assertThat(body).hasSize(Integer.parseInt(length));
      if (headers.get("content-type").equals("application/json")) {
        assertThat(JACKSON.readTree(body).isObject()).isTrue();
      }
    }
  }

  /** On loopback, a host is accepted only if no stranger can own it: localhost, a configured name, or digits of an address. */
  @FuzzTest
  void host(byte[] input) throws IOException {
    FuzzInput fields = new FuzzInput(input);
    List<String> sent = fields.hasMore() ? List.of(fields.text()) : List.of();
    AcceptedHosts hosts =
        new AcceptedHosts(InetAddress.getLoopbackAddress(), "127.0.0.1", List.of("shop.example"));
    if (hosts.accept(sent) && !sent.isEmpty()) {
      String host = sent.get(0).trim().toLowerCase(Locale.ROOT);
      assertThat(host)
          .matches(
              "(localhost|shop\\.example|[0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9a-f:.]+])(:[0-9]{0,5})?");
    }
    assertThat(hosts.accept(List.of("localhost", "localhost"))).isFalse();
  }

  /** A setting is used, or an error names it. No error shows a token, and no token but the right one is accepted. */
  @FuzzTest
  void settings(byte[] input) {
    FuzzInput fields = new FuzzInput(input);
    String text = fields.text();
    try {
      assertThat(EndpointSettings.hosts("hosts", text))
          .hasSizeLessThanOrEqualTo(100)
          .allMatch(host -> host.matches("[*]|[A-Za-z0-9._-]{1,255}"));
    } catch (IllegalArgumentException e) {
      isError("hosts must ", e);
    }
    try {
      assertThat(Exposure.names("expose", text)).isNotEmpty().hasSizeLessThanOrEqualTo(100);
    } catch (IllegalArgumentException e) {
      isError("expose must ", e);
    }
    String header = fields.restAsText();
    try {
      OperatorToken token = OperatorToken.of("operatorToken", text);
      assertThat(token.isIn(header))
          .isEqualTo(header.length() > 7
              && header.substring(0, 7).toLowerCase(Locale.ROOT).equals("bearer ")
              && header.substring(7).trim().equals(text));
      assertThat(token.isIn("Bearer " + text)).isTrue();
      assertThat(token.toString()).doesNotContain(text);
    } catch (IllegalArgumentException e) {
      isError("operatorToken must have ", e);
      assertThat(e.getMessage())
          .matches(
              "operatorToken must have (16 to 1000 characters: [0-9]+ characters|only visible ASCII characters, but has others)");
    }
  }

  private static void isError(String begin, IllegalArgumentException e) {
    assertThat(e).hasMessageStartingWith(begin);
    Shown.isOneLine(e.getMessage(), MOST_OF_ERROR);
  }
}
