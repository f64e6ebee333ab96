package io.aragora.resilience.health.endpoint;

import static io.aragora.resilience.health.json.JsonText.quoted;
import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.chaos.ChaosState;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ControlRequestsTest {
  private static final String TOKEN = "0123456789abcdef";
  private static final String BEARER = "Authorization: Bearer " + TOKEN;
  private static final String JSON = "Content-Type: application/json";

  private HealthEndpoint endpoint =
      HealthEndpoint.builder().operatorToken(TOKEN).build();
  private Resilience resilience;
  private CircuitBreaker payments;

  @BeforeEach
  void start() {
    resilience =
        Resilience.builder().timeSource(ManualTime.create()).extension(endpoint).build();
    payments = resilience.circuitBreaker("payments");
  }

  @AfterEach
  void close() {
    resilience.close();
  }

  @Test
  void actions_doWhatTheySay() throws Exception {
    assertThat(post("force-open", "{\"name\":\"payments\"}"))
        .startsWith("HTTP/1.1 200")
        .endsWith("{\"done\":\"force-open\"}");
    assertThat(payments.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);

    assertThat(post("force-closed", "{\"name\":\"payments\"}")).startsWith("HTTP/1.1 200");
    assertThat(payments.state()).isEqualTo(CircuitBreakerState.CLOSED);

    payments.forceOpen();
    assertThat(post("reset", "{\"name\":\"payments\"}")).startsWith("HTTP/1.1 200");
    assertThat(payments.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @Tag("CH-16")
  void stopChaos_stopsIt() throws Exception {
    try (Resilience shop = Resilience.builder()
        .timeSource(ManualTime.create())
        .extension(endpoint = HealthEndpoint.builder().operatorToken(TOKEN).build())
        .property("resilience.chaos.enabled", "true")
        .build()) {
      shop.chaos().start(Duration.ofMinutes(30));
      assertThat(post("stop-chaos", "{\"name\":\"payments\"}"))
          .startsWith("HTTP/1.1 400")
          .contains("the JSON must be empty");
      assertThat(shop.chaos().state()).isEqualTo(ChaosState.ACTIVE);
      assertThat(post("stop-chaos", "{}"))
          .startsWith("HTTP/1.1 200")
          .endsWith("{\"done\":\"stop-chaos\"}");
      assertThat(shop.chaos().state()).isEqualTo(ChaosState.STOPPED);
    }
  }

  @Test
  void key_onlyThatOneChanges() throws Exception {
    KeyedCircuitBreaker tenants = resilience.keyedCircuitBreaker(
        "tenants", KeyedCircuitBreakerConfig.of(CircuitBreakerConfig.defaults()));
    tenants.forKey("acme");
    tenants.forKey("bolt");

    assertThat(post("force-open", "{\"name\":\"tenants\",\"key\":\"acme\"}"))
        .startsWith("HTTP/1.1 200");

    assertThat(tenants.state("acme")).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    assertThat(tenants.state("bolt")).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  void key_mistyped_isNotFoundAndNotCreated() throws Exception {
    KeyedCircuitBreaker tenants = resilience.keyedCircuitBreaker(
        "tenants", KeyedCircuitBreakerConfig.of(CircuitBreakerConfig.defaults()));
    tenants.forKey("acme");

    assertThat(post("force-open", "{\"name\":\"tenants\",\"key\":\"amce\"}"))
        .startsWith("HTTP/1.1 404")
        .contains("the runtime has no breaker of this name and key; nothing was changed");
    assertThat(tenants.states()).containsOnlyKeys("acme");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a\"b\\c",
        "line\nbreak\r\t",
        "<script>alert(1)</script>",
        "\uD83D\uDE00 ключ",
        "half \uD800",
        "\u202Ertl"
      })
  void name_ofAnyKind_isFound(String name) throws Exception {
    CircuitBreaker odd = resilience.circuitBreaker(name);
    CircuitBreaker longest = resilience.circuitBreaker(name + "\uD83D\uDE00".repeat(4_980));

    assertThat(post("force-open", "{\"name\":" + quoted(odd.name()) + "}"))
        .startsWith("HTTP/1.1 200");
    assertThat(post("force-open", "{\"name\":" + quoted(longest.name()) + "}"))
        .startsWith("HTTP/1.1 200");

    assertThat(odd.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    assertThat(longest.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
  }

  @Test
  void body_largestThatCanBeMeant_isTaken() throws Exception {
    String escaped = "\\u0041".repeat(10_000);
    resilience
        .keyedCircuitBreaker(
            "A".repeat(10_000), KeyedCircuitBreakerConfig.of(CircuitBreakerConfig.defaults()))
        .forKey("A".repeat(10_000));

    assertThat(post("reset", "{\"name\":\"" + escaped + "\",\"key\":\"" + escaped + "\"}"))
        .startsWith("HTTP/1.1 200");
  }

  @Test
  void unknownBreaker_404AndNoneIsMade() throws Exception {
    assertThat(post("reset", "{\"name\":\"unknown\"}")).startsWith("HTTP/1.1 404");
    assertThat(post("reset", "{\"name\":\"payments\",\"key\":\"x\"}")).startsWith("HTTP/1.1 404");

    assertThat(resilience.policies().circuitBreakers()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({"GET,405", "HEAD,405", "PUT,405", "OPTIONS,405", "DELETE,405"})
  void otherMethod_405(String method, int status) throws Exception {
    String answer =
        RawHttp.ask(endpoint, method + " /control/reset", "", "Host: localhost", BEARER);

    assertThat(RawHttp.status(answer)).isEqualTo(status);
    assertThat(answer).contains("Allow: POST\r\n").doesNotContain("Access-Control");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "disable", "reset/", "Reset", "force_open", "reset/payments"})
  void otherAction_404(String action) throws Exception {
    assertThat(post(action, "{\"name\":\"payments\"}")).startsWith("HTTP/1.1 404");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{}",
        "{\"key\":\"x\"}",
        "{\"name\":1}",
        "{\"name\":\" \"}",
        "{\"name\":\"payments\",\"name\":\"payments\"}",
        "{\"name\":\"payments\",\"more\":\"x\"}",
        "{\"name\":\"payments\"} x"
      })
  void badBody_400AndNothingHappens(String body) throws Exception {
    payments.forceOpen();

    String answer = post("reset", body);

    assertThat(answer).startsWith("HTTP/1.1 400");
    assertThat(payments.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
  }

  @Test
  void notUtf8_400() throws Exception {
    try (java.net.Socket socket = RawHttp.send(
        endpoint,
        "POST /control/reset",
        "",
        "Host: localhost",
        BEARER,
        JSON,
        "Content-Length: 2")) {
      socket.getOutputStream().write(new byte[] {(byte) 0xff, (byte) 0xfe});
      assertThat(RawHttp.reader(socket).readLine()).isEqualTo("HTTP/1.1 400 Bad Request");
    }
  }

  @Test
  void largeBody_413() throws Exception {
    String body = "{\"name\":\"" + "x".repeat(ControlRequests.MOST_BYTES) + "\"}";

    assertThat(post("reset", body)).startsWith("HTTP/1.1 413");
  }

  @Test
  void noToken_403WhateverIsSent() throws Exception {
    resilience.close();
    endpoint = HealthEndpoint.builder().build();
    start();

    String answer = post("force-open", "{\"name\":\"payments\"}");

    assertThat(answer).startsWith("HTTP/1.1 403").contains("set resilience.endpoint.operatorToken");
    assertThat(payments.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "401;",
        "401;Authorization: Bearer 0123456789abcdeX",
        "401;Authorization: Basic 0123456789abcdef",
        "401;Authorization: Bearer 0123456789abcdef|Authorization: Bearer 0123456789abcdef",
        "403;Authorization: Bearer 0123456789abcdef|Origin: http://evil.example",
        "403;Authorization: Bearer 0123456789abcdef|Origin: null",
        "403;Authorization: Bearer 0123456789abcdef|Origin: http://localhost:1",
        "403;Authorization: Bearer 0123456789abcdef|Sec-Fetch-Site: cross-site",
        "403;Authorization: Bearer 0123456789abcdef|Sec-Fetch-Site: same-site",
        "403;Authorization: Bearer 0123456789abcdef|Origin: http://localhost|Origin: http://localhost",
        "200;Authorization: Bearer 0123456789abcdef|Origin: http://localhost|Sec-Fetch-Site: same-origin",
        "200;Authorization: Bearer 0123456789abcdef|Origin: https://localhost",
        "200;Authorization: bearer 0123456789abcdef"
      })
  void credentials_andOrigin_decide(String line) throws Exception {
    String[] parts = line.split(";", -1);
    List<String> headers = new ArrayList<>(List.of("Host: localhost", JSON));
    for (String header : parts[1].split("\\|")) {
      if (!header.isEmpty()) {
        headers.add(header);
      }
    }

    String answer = RawHttp.ask(
        endpoint,
        "POST /control/force-open",
        "{\"name\":\"payments\"}",
        headers.toArray(String[]::new));

    assertThat(RawHttp.status(answer)).isEqualTo(Integer.parseInt(parts[0]));
    assertThat(payments.state() == CircuitBreakerState.FORCED_OPEN)
        .isEqualTo(parts[0].equals("200"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonx",
        "multipart/form-data"
      })
  void otherContentType_415(String type) throws Exception {
    String answer = RawHttp.ask(
        endpoint,
        "POST /control/force-open",
        "{\"name\":\"payments\"}",
        "Host: localhost",
        BEARER,
        "Content-Type: " + type);

    assertThat(answer).startsWith("HTTP/1.1 415");
    assertThat(payments.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  void otherHost_421() throws Exception {
    String answer = RawHttp.ask(
        endpoint,
        "POST /control/force-open",
        "{\"name\":\"payments\"}",
        "Host: evil.example",
        "Origin: http://evil.example",
        BEARER,
        JSON);

    assertThat(answer).startsWith("HTTP/1.1 421").contains("resilience.endpoint.hosts");
    assertThat(payments.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  private String post(String action, String body) throws IOException {
    return RawHttp.ask(endpoint, "POST /control/" + action, body, "Host: localhost", BEARER, JSON);
  }
}
