package io.aragora.resilience.health.endpoint;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The endpoint with its default limits and malicious clients: probes still get responses. */
@Timeout(120)
class HostileClientsTest {
  private static final String LIVE = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
  /** The default timeout of an orchestrator's probe is 1 s; a machine that builds something else meanwhile may need longer. */
  private static final Duration PROBE = Duration.ofSeconds(10);

  private final List<Socket> clients = new ArrayList<>();
  private final CountDownLatch release = new CountDownLatch(1);
  private HealthEndpoint endpoint;
  private Resilience resilience;
  private AutoCloseable attached = () -> {};

  @BeforeEach
  void start() {
    endpoint = HealthEndpoint.builder().operatorToken("0123456789abcdef").build();
    resilience = Resilience.builder().name("hostile").extension(endpoint).build();
  }

  @AfterEach
  void close() throws Exception {
    release.countDown();
    for (Socket client : clients) {
      client.close();
    }
    attached.close();
    resilience.close();
  }

  /** The bytes that a client sends before it stops. */
  static Stream<String> halfSent() {
    return Stream.of(
        "",
        "\r\n",
        "GET /health/live HT",
        "GET /health/live HTTP/1.1\r\n",
        "GET /health/live HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(8_000),
        "POST /control/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
        "POST /control/reset HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer 0123456789abcdef\r\n"
            + "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
        "POST /health/live HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        LIVE.replace("\r\n\r\n", "\r\nConnection: keep-alive\r\n\r\n"));
  }

  @ParameterizedTest
  @MethodSource("halfSent")
  void halfSentRequests_aProbeIsAnsweredWithinItsSecond(String sent) throws Exception {
    for (int most : new int[] {4, 40, 400}) {
      while (clients.size() < most) {
        harm(sent);
      }
      probe();
    }
  }

  @Test
  void viewersThatLeave_noneKeepsAConnection() throws Exception {
    for (int i = 0; i < 500; i++) {
      try (Socket viewer = open()) {
        viewer
            .getOutputStream()
            .write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(US_ASCII));
        assertThat(RawHttp.reader(viewer).readLine()).matches("HTTP/1.1 (200|503) .*");
      }
      clients.clear();
      if (i % 50 == 0) {
        probe();
      }
    }

    probe();
  }

  @Test
  void viewersThatStopReading_aProbeIsAnswered() throws Exception {
    for (int i = 0; i < 100; i++) {
      resilience.circuitBreaker(i + "x".repeat(9_000));
    }
    for (int i = 0; i < 200; i++) {
      deaf("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }

    probe();
  }

  @Test
  void readersThatStopReading_aProbeIsAnswered() throws Exception {
    restart(new FakePage("/big", target -> target.write(new byte[8 << 20])));
    for (int i = 0; i < 200; i++) {
      deaf("GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }

    probe();
  }

  @Test
  void pageThatHangs_asOftenAsItIsAsked_aProbeIsAnswered() throws Exception {
    restart(new FakePage("/hangs", target -> {
      try {
        release.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }));
    for (int i = 0; i < 200; i++) {
      harm("GET /hangs HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }

    probe();
  }

  @Test
  void pageThatNeverEnds_aProbeIsAnswered() throws Exception {
    restart(new FakePage("/endless", target -> {
      while (release.getCount() > 0) {
        target.write(new byte[1 << 16]);
      }
    }));

    assertThat(ask("GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")).startsWith("HTTP/1.1 500");
    probe();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GARBAGE",
        "GET",
        "GET  /health HTTP/1.1",
        "GET /health HTTP/1.1 x",
        "GET /he alth HTTP/1.1",
        "G(T /health HTTP/1.1",
        "GET * HTTP/1.1",
        "GET http:// HTTP/1.1",
        "GET health HTTP/1.1",
        "GET /health HTTP/2.0",
        "PRI * HTTP/2.0",
        "\u0016\u0003\u0001\u0002",
        "GET /health HTTP/1.1|Host : x",
        "GET /health HTTP/1.1|X: a| folded",
        "GET /health HTTP/1.1|: none",
        "GET /health HTTP/1.1|no colon",
        "GET /health HTTP/1.1|X: a\u0000b",
        "GET /health HTTP/1.1|X: a\rHost: evil",
        "GET /health HTTP/1.1|Content-Length: -1",
        "GET /health HTTP/1.1|Content-Length: +1",
        "GET /health HTTP/1.1|Content-Length: 1, 1",
        "GET /health HTTP/1.1|Content-Length: 1|Content-Length: 2",
        "GET /health HTTP/1.1|Content-Length: 99999999999999999999",
        "GET /health HTTP/1.1|Transfer-Encoding: chunked",
        "GET /health HTTP/1.1|Transfer-Encoding: gzip, chunked|Content-Length: 3",
        "HUGE",
        "MANY"
      })
  void nonsense_isRejectedWithTheHeadersOfEveryAnswer(String lines) throws Exception {
    String head = lines
        .replace("HUGE", "GET /health HTTP/1.1|X: " + "x".repeat(100_000))
        .replace("MANY", "GET /health HTTP/1.1" + "|X: x".repeat(200))
        .replace("|", "\r\n");

    String answer = ask(head + "\r\n\r\n");

    assertThat(answer)
        .matches("(?s)HTTP/1.1 (400|411|431|505) .*")
        .contains("\r\nCache-Control: no-store\r\n")
        .contains("\r\nX-Content-Type-Options: nosniff\r\n")
        .contains("\r\nConnection: close\r\n")
        .contains("\r\nContent-Type: application/json\r\n")
        .doesNotContain("evil")
        .doesNotContain("xxx");
    probe();
  }

  @Test
  void pipelinedRequests_theFirstIsAnsweredAlone() throws Exception {
    assertThat(ask(LIVE.repeat(50)).split("HTTP/1.1 ")).hasSize(2);
    assertThat(ask("HEAD /health HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n" + LIVE))
        .startsWith("HTTP/1.1 200 OK")
        .endsWith("\r\n\r\n");
  }

  @Test
  void headAcceptedForms_areAnswered() throws Exception {
    assertThat(ask("\r\n" + LIVE)).startsWith("HTTP/1.1 200 OK");
    assertThat(ask("GET /health/live HTTP/1.0\n\n")).startsWith("HTTP/1.1 200 OK");
    assertThat(ask(LIVE.replace("GET /", "GET http://localhost:8081/")))
        .startsWith("HTTP/1.1 200 OK");
  }

  @Test
  void oldClientThatWaitsForContinue_getsIt() throws Exception {
    try (Socket client = open()) {
      client
          .getOutputStream()
          .write(("POST /control/reset HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                  + "Authorization: Bearer 0123456789abcdef\r\nContent-Type: application/json\r\n"
                  + "Content-Length: 2\r\n\r\n")
              .getBytes(US_ASCII));
      byte[] first = client.getInputStream().readNBytes(25);
      assertThat(new String(first, US_ASCII)).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
      client.getOutputStream().write("{}".getBytes(US_ASCII));
      assertThat(new String(client.getInputStream().readAllBytes(), US_ASCII))
          .startsWith("HTTP/1.1 400");
    }
  }

  private void restart(FakePage page) throws Exception {
    FakeRuntime runtime = new FakeRuntime("hostile");
    runtime.contributions.add(page);
    endpoint = HealthEndpoint.builder().build();
    attached = endpoint.attach(runtime);
  }

  private Socket open() throws IOException {
    Socket client = new Socket(endpoint.uri().getHost(), endpoint.uri().getPort());
    client.setSoTimeout(30_000);
    clients.add(client);
    return client;
  }

  /** Opens a connection and sends something, unless it was cut off already. */
  private void harm(String sent) throws IOException {
    Socket client = open();
    try {
      client.getOutputStream().write(sent.getBytes(US_ASCII));
    } catch (SocketException e) {
      // Expected.
    }
  }

  /** Opens a connection with a small receive buffer, and reads nothing. */
  private void deaf(String request) throws IOException {
    Socket client = new Socket();
    client.setReceiveBufferSize(1_024);
    client.connect(
        new InetSocketAddress(endpoint.uri().getHost(), endpoint.uri().getPort()));
    clients.add(client);
    client.getOutputStream().write(request.getBytes(US_ASCII));
  }

  private String ask(String request) throws IOException {
    try (Socket client = open()) {
      client.getOutputStream().write(request.getBytes(US_ASCII));
      return new String(client.getInputStream().readAllBytes(), US_ASCII);
    }
  }

  private void probe() throws IOException {
    try (Socket client = new Socket()) {
      client.setSoTimeout((int) PROBE.toMillis());
      client.connect(
          new InetSocketAddress(endpoint.uri().getHost(), endpoint.uri().getPort()),
          (int) PROBE.toMillis());
      client.getOutputStream().write(LIVE.getBytes(US_ASCII));
      InputStream in = client.getInputStream();
      assertThat(new String(in.readNBytes(15), US_ASCII)).isEqualTo("HTTP/1.1 200 OK");
    }
  }
}
