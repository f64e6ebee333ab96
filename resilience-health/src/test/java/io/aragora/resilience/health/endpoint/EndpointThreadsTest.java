package io.aragora.resilience.health.endpoint;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.health.server.Limits;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EndpointThreadsTest {
  private static final EndpointSettings LOOPBACK =
      new EndpointSettings("127.0.0.1", 0, false, List.of(), null, null);
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final Duration SHORT = Duration.ofMillis(200);
  private static final String CUT_OFF = "cut off";

  private final FakeRuntime runtime = new FakeRuntime("pool");

  @Test
  void threads_areDaemonsWithoutTheLoaderOfWhoBuiltTheRuntime() throws Exception {
    Set<Thread> before = Set.copyOf(LiveThreads.named(""));
    ClassLoader own = Thread.currentThread().getContextClassLoader();
    HealthEndpoint endpoint = new HealthEndpoint(LOOPBACK, Limits.DEFAULT);
    try (URLClassLoader application = new URLClassLoader(new URL[0], own)) {
      Thread.currentThread().setContextClassLoader(application);
      try (AutoCloseable attached = endpoint.attach(runtime)) {
        assertThat(attached).isNotNull();
        assertThat(statusLine(endpoint, "/health")).isEqualTo("HTTP/1.1 200 OK");
        List<Thread> started = new ArrayList<>(LiveThreads.named(""));
        started.removeAll(before);
        assertThat(started)
            .extracting(Thread::getName)
            .contains("pool-endpoint-1", "pool-endpoint-2", "pool-endpoint-feed-1")
            .allMatch(name -> name.startsWith("pool-endpoint-"));
        assertThat(started)
            .allMatch(Thread::isDaemon)
            .noneMatch(thread -> thread.getContextClassLoader() == application);
      } finally {
        Thread.currentThread().setContextClassLoader(own);
      }
    }
  }

  @Test
  void close_endsEveryThreadAndFreesThePort() throws Exception {
    HealthEndpoint endpoint = new HealthEndpoint(LOOPBACK, Limits.DEFAULT);
    AutoCloseable attached = endpoint.attach(runtime);
    assertThat(statusLine(endpoint, "/health")).isEqualTo("HTTP/1.1 200 OK");
    InetSocketAddress address = address(endpoint);
    List<Thread> threads = LiveThreads.named("pool-endpoint-");
    assertThat(threads).hasSizeGreaterThanOrEqualTo(2);

    attached.close();

    assertThat(LiveThreads.named("pool-endpoint-")).isEmpty();
    for (Thread thread : threads) {
      thread.join(30_000);
    }
    assertThat(threads).noneMatch(Thread::isAlive);
    assertThatThrownBy(() -> connect(address)).isInstanceOf(ConnectException.class);
    assertThatThrownBy(endpoint::uri).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void close_whileAnswering_interruptsAndEnds() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    runtime.all = blocked(asked, new CountDownLatch(1));
    HealthEndpoint endpoint = new HealthEndpoint(LOOPBACK, Limits.DEFAULT);
    AutoCloseable attached = endpoint.attach(runtime);
    try (Socket client = request(endpoint, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")) {
      asked.await();
      List<Thread> threads = LiveThreads.named("pool-endpoint-");

      attached.close();

      for (Thread thread : threads) {
        thread.join(30_000);
      }
      assertThat(threads).isNotEmpty().noneMatch(Thread::isAlive);
      assertThat(line(client)).isEqualTo(CUT_OFF);
    }
  }

  @Test
  void answering_severalAtOnce_oneSlowCheckHoldsUpNoOther() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    runtime.groups.put(HealthGroup.READINESS, blocked(asked, release));
    HealthEndpoint endpoint = new HealthEndpoint(LOOPBACK, new Limits(2, LONG, LONG, LONG));

    try (AutoCloseable attached = endpoint.attach(runtime);
        Socket slow = request(endpoint, "GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n")) {
      assertThat(attached).isNotNull();
      asked.await();
      assertThat(statusLine(endpoint, "/health/live")).isEqualTo("HTTP/1.1 200 OK");
      release.countDown();
      assertThat(line(slow)).isEqualTo("HTTP/1.1 200 OK");
    }
  }

  @Test
  void everyConnectionWaitsForUs_oneMoreIsClosedAndTheRestIsAnswered() throws Exception {
    CountDownLatch asked = new CountDownLatch(2);
    CountDownLatch release = new CountDownLatch(1);
    runtime.groups.put(HealthGroup.READINESS, blocked(asked, release));
    HealthEndpoint endpoint = new HealthEndpoint(LOOPBACK, new Limits(2, LONG, LONG, LONG));

    try (AutoCloseable attached = endpoint.attach(runtime);
        Socket first = request(endpoint, "GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n");
        Socket second = request(endpoint, "GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n")) {
      assertThat(attached).isNotNull();
      asked.await();
      assertThat(statusLine(endpoint, "/health/live")).isEqualTo(CUT_OFF);

      release.countDown();

      assertThat(line(first)).isEqualTo("HTTP/1.1 200 OK");
      assertThat(line(second)).isEqualTo("HTTP/1.1 200 OK");
      assertThat(statusLine(endpoint, "/health/live")).isEqualTo("HTTP/1.1 200 OK");
    }
  }

  @Test
  void slowRequest_isCutOffAndTheThreadIsFree() throws Exception {
    HealthEndpoint endpoint = new HealthEndpoint(LOOPBACK, new Limits(4, SHORT, SHORT, LONG));

    try (AutoCloseable attached = endpoint.attach(runtime);
        Socket first = request(endpoint, "GET /health HTT");
        Socket second = request(endpoint, "GET /health HTTP/1.1\r\nHost:")) {
      assertThat(attached).isNotNull();
      assertThat(line(first)).isEqualTo(CUT_OFF);
      assertThat(line(second)).isEqualTo(CUT_OFF);
      awaitAnswer(endpoint);
    }
  }

  @Test
  void slowReader_isCutOffAndTheThreadIsFree() throws Exception {
    byte[] big = new byte[8 << 20];
    runtime.contributions.add(new FakePage("/big", target -> target.write(big)));
    HealthEndpoint endpoint = new HealthEndpoint(LOOPBACK, new Limits(4, SHORT, SHORT, LONG));

    try (AutoCloseable attached = endpoint.attach(runtime);
        Socket slow = request(endpoint, "GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n")) {
      assertThat(attached).isNotNull();
      awaitCutOff();
      assertThat(bytesUntilTheEnd(slow)).isLessThan(big.length);
      awaitAnswer(endpoint);
    }
  }

  /** Polls the endpoint's health until it has cut a client off, for at most half a minute. */
  private void awaitCutOff() throws Exception {
    long began = System.nanoTime();
    Object cutOff = 0L;
    while (cutOff.equals(0L)
        && System.nanoTime() - began < Duration.ofSeconds(30).toNanos()) {
      cutOff = runtime.registered.get("endpoint").check().details().get("cut_off");
    }
    assertThat(cutOff).isEqualTo(1L);
  }

  /** Repeats the request until there is a response: on a busy machine even a correct client may exceed the short limit. */
  private static void awaitAnswer(HealthEndpoint endpoint) throws IOException {
    String heard = CUT_OFF;
    while (heard.equals(CUT_OFF)) {
      heard = statusLine(endpoint, "/health/live");
    }
    assertThat(heard).isEqualTo("HTTP/1.1 200 OK");
  }

  private static Supplier<HealthReport> blocked(CountDownLatch asked, CountDownLatch release) {
    return () -> {
      asked.countDown();
      try {
        release.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return FakeRuntime.report(HealthStatus.HEALTHY);
    };
  }

  private static String statusLine(HealthEndpoint endpoint, String path) throws IOException {
    try (Socket client =
        request(endpoint, "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")) {
      return line(client);
    }
  }

  private static Socket request(HealthEndpoint endpoint, String text) throws IOException {
    Socket client = connect(address(endpoint));
    client.getOutputStream().write(text.getBytes(US_ASCII));
    return client;
  }

  private static Socket connect(InetSocketAddress address) throws IOException {
    Socket client = new Socket();
    client.setSoTimeout(30_000); // the test must end even if the endpoint is faulty
    try {
      client.connect(address);
    } catch (IOException e) {
      client.close();
      throw e;
    }
    return client;
  }

  private static InetSocketAddress address(HealthEndpoint endpoint) {
    return new InetSocketAddress(endpoint.uri().getHost(), endpoint.uri().getPort());
  }

  /** Reads the first line; null if the connection ends before. */
  private static String line(Socket client) {
    try {
      String line =
          new BufferedReader(new InputStreamReader(client.getInputStream(), US_ASCII)).readLine();
      return line == null ? CUT_OFF : line;
    } catch (SocketTimeoutException e) {
      return "left hanging";
    } catch (IOException e) {
      return CUT_OFF;
    }
  }

  private static long bytesUntilTheEnd(Socket client) {
    long count = 0;
    byte[] buffer = new byte[1 << 16];
    try {
      for (int read; (read = client.getInputStream().read(buffer)) >= 0; ) {
        count += read;
      }
    } catch (IOException e) {
      assertThat(e).isInstanceOf(SocketException.class);
    }
    return count;
  }
}
