package io.aragora.resilience.health.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.health.server.Limits;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Guesses of the operator token, and the operator who has it. */
@Timeout(60)
class GuessesTest {
  private static final String TOKEN = "0123456789abcdef";
  private static final String BODY = "{\"name\":\"payments\"}";
  private static final Duration LONG = Duration.ofMinutes(10);

  private final List<Socket> guessers = new ArrayList<>();
  private HealthEndpoint endpoint;
  private Resilience resilience;
  private CircuitBreaker payments;

  @AfterEach
  void close() throws IOException {
    for (Socket guesser : guessers) {
      guesser.close();
    }
    resilience.close();
  }

  @Test
  void guess_isHeldBackAndCounted() throws Exception {
    start(20, Duration.ofMillis(300));
    assertThat(ask(TOKEN)).startsWith("HTTP/1.1 200");

    long began = System.nanoTime();
    assertThat(ask("wrong-wrong-wrong")).startsWith("HTTP/1.1 401");

    assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(300_000_000L);
    assertThat(detail("wrong_tokens")).isEqualTo(1L);
  }

  @Test
  void afterAGuess_theOperatorWaitsAsLongAndIsLetIn() throws Exception {
    start(20, Duration.ofMillis(300));
    assertThat(ask("wrong-wrong-wrong")).startsWith("HTTP/1.1 401");

    long began = System.nanoTime();
    assertThat(ask(TOKEN)).startsWith("HTTP/1.1 200");

    assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(300_000_000L);
    assertThat(payments.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    assertThat(detail("wrong_tokens")).isEqualTo(1L);
  }

  @Test
  void guessesThatTakeAllRoom_makeItForTheOperatorAndForProbes() throws Exception {
    start(20, Duration.ofSeconds(2));
    for (int i = 0; i < 100; i++) {
      guess("wrong-wrong-wrong" + i);
    }
    try (Socket operator = post(TOKEN)) {
      for (int i = 0; i < 100; i++) {
        guess("still-wrong-wrong" + i);
      }
      assertThat(RawHttp.ask(endpoint, "GET /health/live", "", "Host: localhost"))
          .startsWith("HTTP/1.1 200");
      assertThat(RawHttp.reader(operator).readLine()).isEqualTo("HTTP/1.1 200 OK");
    }
    assertThat(payments.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    assertThat((Long) detail("cut_off")).isPositive();
  }

  @Test
  void noToken_isNoGuess() throws Exception {
    start(20, LONG);

    assertThat(RawHttp.ask(endpoint, "POST /control/reset", BODY, "Host: localhost"))
        .startsWith("HTTP/1.1 401");
    assertThat(detail("wrong_tokens")).isEqualTo(0L);
  }

  @Test
  void runtimeCloses_whileAGuessIsHeldBack_doesNotWaitForIt() throws Exception {
    start(20, LONG);
    try (Socket guesser = post("wrong-wrong-wrong")) {
      while (detail("wrong_tokens").equals(0L)) {
        Thread.onSpinWait();
      }

      resilience.close();

      assertThat(LiveThreads.named("guessed-endpoint-")).isEmpty();
      assertThat(guesser.isConnected()).isTrue();
    }
  }

  private void start(int connections, Duration delay) {
    endpoint = new HealthEndpoint(
        new EndpointSettings(
            "127.0.0.1", 0, true, List.of(), OperatorToken.of("token", TOKEN), null),
        new Limits(connections, LONG, LONG, delay));
    resilience = Resilience.builder().name("guessed").extension(endpoint).build();
    payments = resilience.circuitBreaker("payments");
  }

  private Object detail(String name) {
    return resilience.health().checkAll().checks().get("endpoint").details().get(name);
  }

  private void guess(String token) throws IOException {
    try {
      guessers.add(post(token));
    } catch (SocketException e) {
      // It was cut off before it had sent all of it.
    }
  }

  private Socket post(String token) throws IOException {
    return RawHttp.send(
        endpoint,
        "POST /control/force-open",
        BODY,
        "Host: localhost",
        "Content-Type: application/json",
        "Authorization: Bearer " + token);
  }

  private String ask(String token) throws IOException {
    try (Socket socket = post(token)) {
      return RawHttp.reader(socket).readLine();
    }
  }
}
