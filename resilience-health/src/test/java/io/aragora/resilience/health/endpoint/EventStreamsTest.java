package io.aragora.resilience.health.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.health.server.Limits;
import io.aragora.resilience.testing.ManualTime;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EventStreamsTest {
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final Duration SHORT = Duration.ofMillis(200);
  private static final Duration PACE = Duration.ofMillis(20);

  private final HttpClient client = HttpClient.newHttpClient();
  private final ManualTime time = ManualTime.create();
  private HealthEndpoint endpoint;
  private Resilience resilience;

  @AfterEach
  void close() {
    resilience.close();
  }

  @Test
  void stream_theTimelineWholeThenTheBoard() throws Exception {
    start(limits(LONG, 1, LONG, LONG, PACE));
    resilience.circuitBreaker("payments").forceOpen();

    HttpResponse<InputStream> response = get();
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type"))
        .hasValue("text/event-stream; charset=utf-8");
    assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
    try (BufferedReader reader = reader(response)) {
      assertThat(data(reader, "timeline")).startsWith("{\"whole\":true,\"entries\":[");
      assertThat(data(reader, "board"))
          .startsWith(
              "{\"runtime\":\"shop\",\"at\":\"2026-01-01T00:00:00Z\",\"control\":false,"
                  + "\"states\":{\"forced_open\":1},\"breakers\":[{\"name\":\"payments\",\"key\":null,");
    }
  }

  @Test
  void stream_nameOfAnyKind_oneLineOfJson() throws Exception {
    start(limits(LONG, 1, LONG, LONG, PACE));
    resilience.circuitBreaker(
        "a\"b\n\nevent: end\r<script>\u2028\uD83D\uDE00\uD800" + "x".repeat(9_000));

    try (BufferedReader reader = reader(get())) {
      assertThat(data(reader, "board"))
          .contains(
              "\"name\":\"a\\\"b\\n\\nevent: end\\r\\u003cscript\\u003e\\u2028\uD83D\uDE00\\ud800xxx");
    }
  }

  @Test
  void methods_headHasNoStream_othersAre405() throws Exception {
    start(limits(LONG, 1, LONG, LONG, PACE));

    assertThat(RawHttp.ask(endpoint, "HEAD /events", "", "Host: localhost"))
        .startsWith("HTTP/1.1 200")
        .contains("Content-Type: text/event-stream; charset=utf-8\r\n")
        .endsWith("\r\n\r\n");
    assertThat(RawHttp.ask(endpoint, "POST /events", "", "Host: localhost"))
        .startsWith("HTTP/1.1 405");
    assertThat(RawHttp.ask(endpoint, "GET /events", "", "Host: evil.example"))
        .startsWith("HTTP/1.1 421");
  }

  @Test
  void streams_asManyAsThereMayBe_theNextIsToldToWaitAndHealthIsAnswered() throws Exception {
    start(limits(LONG, 3, LONG, LONG, PACE));
    List<BufferedReader> streams = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        BufferedReader reader = reader(get());
        streams.add(reader);
        assertThat(data(reader, "board")).isNotEmpty();
      }

      assertThat(RawHttp.ask(endpoint, "GET /events", "", "Host: localhost"))
          .startsWith("HTTP/1.1 503")
          .contains("Retry-After: 10\r\n");
      assertThat(RawHttp.ask(endpoint, "GET /health/live", "", "Host: localhost"))
          .startsWith("HTTP/1.1 200");
    } finally {
      for (BufferedReader reader : streams) {
        reader.close();
      }
    }
  }

  @Test
  void client_goesAway_itsPlaceIsFree() throws Exception {
    start(limits(LONG, 1, LONG, LONG, PACE));
    try (BufferedReader reader = reader(get())) {
      assertThat(data(reader, "board")).isNotEmpty();
    }

    awaitStream();
  }

  @Test
  void client_doesNotRead_isCutOffAndItsPlaceIsFree() throws Exception {
    start(limits(SHORT, 1, LONG, LONG, PACE));
    for (int i = 0; i < 150; i++) {
      resilience.circuitBreaker(i + "x".repeat(9_900));
    }

    try (Socket deaf = new Socket()) {
      deaf.setReceiveBufferSize(1_024); // so that less has to be sent until it is full
      deaf.connect(
          new InetSocketAddress(endpoint.uri().getHost(), endpoint.uri().getPort()));
      deaf.getOutputStream()
          .write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(UTF_8));
      assertThat(RawHttp.reader(deaf).readLine()).isEqualTo("HTTP/1.1 200 OK");

      awaitStream();
    }
  }

  @Test
  void stream_nothingNew_beats() throws Exception {
    start(limits(LONG, 1, LONG, SHORT, LONG));

    try (BufferedReader reader = reader(get())) {
      assertThat(data(reader, "beat")).isEqualTo("{}");
    }
  }

  @Test
  void stream_lastsLong_isRenewed() throws Exception {
    start(limits(LONG, 1, SHORT, SHORT, PACE));

    try (BufferedReader reader = reader(get())) {
      assertThat(data(reader, "renew")).isEqualTo("{}");
      assertThat(rest(reader)).isEmpty();
    }
  }

  @Test
  void runtime_closes_streamsEndAndTheirThreadsToo() throws Exception {
    start(limits(LONG, 2, LONG, LONG, PACE));

    try (BufferedReader reader = reader(get())) {
      assertThat(data(reader, "board")).isNotEmpty();

      resilience.close();

      assertThat(data(reader, "end")).isEqualTo("{}");
      assertThat(rest(reader)).isEmpty();
      assertThat(LiveThreads.named("shop-endpoint-")).isEmpty();
    }
  }

  private void start(Limits limits) {
    endpoint = new HealthEndpoint(
        new EndpointSettings("127.0.0.1", 0, false, List.of(), null, null), limits);
    resilience =
        Resilience.builder().name("shop").timeSource(time).extension(endpoint).build();
  }

  private static Limits limits(
      Duration client, int streams, Duration stream, Duration beat, Duration pace) {
    return new Limits(80, LONG, client, LONG, streams, stream, beat, pace);
  }

  private Socket open() throws IOException {
    return RawHttp.send(endpoint, "GET /events", "", "Host: localhost");
  }

  /** Requests a stream until there is room for one, for at most half a minute. */
  private void awaitStream() throws IOException {
    String status = null;
    long began = System.nanoTime();
    while (!"HTTP/1.1 200 OK".equals(status)
        && System.nanoTime() - began < Duration.ofSeconds(30).toNanos()) {
      try (Socket socket = open()) {
        status = RawHttp.reader(socket).readLine();
      }
    }
    assertThat(status).isEqualTo("HTTP/1.1 200 OK");
  }

  private HttpResponse<InputStream> get() throws Exception {
    return client.send(
        HttpRequest.newBuilder(endpoint.uri().resolve("/events")).build(),
        BodyHandlers.ofInputStream());
  }

  private static BufferedReader reader(HttpResponse<InputStream> response) {
    return new BufferedReader(new InputStreamReader(response.body(), UTF_8));
  }

  /** Reads until an event of this name. Returns its data. */
  private static String data(BufferedReader reader, String event) throws IOException {
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      if (line.equals("event: " + event)) {
        String data = reader.readLine();
        assertThat(data).startsWith("data: ");
        assertThat(reader.readLine()).isEmpty();
        return data.substring(6);
      }
    }
    throw new IOException("the stream ended before " + event);
  }

  private static List<String> rest(BufferedReader reader) {
    return reader.lines().toList();
  }
}
