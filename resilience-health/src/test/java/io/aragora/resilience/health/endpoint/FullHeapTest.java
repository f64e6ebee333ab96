package io.aragora.resilience.health.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process whose heap is full repeatedly for some seconds while clients connect: afterwards the endpoint responds. */
@Timeout(180)
class FullHeapTest {
  private static final String LIVE = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
  private static final long FULL_NANOS = TimeUnit.SECONDS.toNanos(3);
  private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final String EVENTS = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";

  @Test
  void heapWasFull_theEndpointAndTheFeedGoOn() throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx32m");
    command.add("-XX:+UseSerialGC");
    command.add("-XX:-OmitStackTraceInFastThrow");
    command.add("-cp");
    command.add(classPath());
    command.add(Full.class.getName());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      List<String> said = new ArrayList<>();
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        said.add(line);
      }

      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(String.join("\n", said))
          .contains("live after round 1: true", "live after round 3: true", "board: true");
    } finally {
      process.destroyForcibly();
    }
  }

  private static String classPath() throws URISyntaxException {
    // The tests are patched into the module here, and on no path by themselves.
    Path tests =
        Path.of(Objects.requireNonNull(FullHeapTest.class.getResource("FullHeapTest.class"))
            .toURI());
    for (int i = 0; i < FullHeapTest.class.getName().split("\\.").length; i++) {
      tests = Objects.requireNonNull(tests.getParent());
    }
    return Stream.of(
            tests.toString(),
            System.getProperty("jdk.module.path", ""),
            System.getProperty("java.class.path", ""))
        .filter(entry -> !entry.isEmpty())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** The process. */
  static final class Full {
    private static volatile Object hoard;

    public static void main(String[] arguments) throws Exception {
      HealthEndpoint endpoint = HealthEndpoint.builder().build();
      Resilience resilience =
          Resilience.builder().name("full").extension(endpoint).build();
      resilience.circuitBreaker("payments");
      InetSocketAddress address =
          new InetSocketAddress(endpoint.uri().getHost(), endpoint.uri().getPort());
      answers(address);
      // A class whose initialisation fails while the heap is full stays unusable, so classes are
      // loaded before.
      look(address);
      Thread viewer = new Thread(() -> look(address));
      viewer.setDaemon(true);
      viewer.start();
      for (int round = 1; round <= 3; round++) {
        long began = System.nanoTime();
        while (System.nanoTime() - began < FULL_NANOS) {
          try {
            fill();
            answers(address); // comes while there is no room
          } catch (Throwable e) {
            // Not the subject of the test.
          }
        }
        hoard = null;
        boolean live = false;
        began = System.nanoTime();
        while (!live && System.nanoTime() - began < LONG_NANOS) {
          live = answers(address);
        }
        System.out.println("live after round " + round + ": " + live);
      }
      System.out.println("board: " + look(address));
      System.exit(0);
    }

    private static void fill() {
      for (int size = 1 << 17; size > 1; size /= 2) {
        try {
          while (true) {
            Object[] more = new Object[size];
            more[0] = hoard;
            hoard = more;
          }
        } catch (OutOfMemoryError e) {
          // As full as possible with blocks of this size.
        }
      }
    }

    private static boolean answers(InetSocketAddress address) {
      try (Socket client = new Socket()) {
        client.setSoTimeout(1_000);
        client.connect(address, 1_000);
        client.getOutputStream().write(LIVE.getBytes(UTF_8));
        return client.getInputStream().read() == 'H';
      } catch (IOException | Error e) {
        return false;
      }
    }

    private static boolean look(InetSocketAddress address) {
      try (Socket client = new Socket()) {
        client.setSoTimeout(15_000);
        client.connect(address, 1_000);
        client.getOutputStream().write(EVENTS.getBytes(UTF_8));
        BufferedReader reader =
            new BufferedReader(new InputStreamReader(client.getInputStream(), UTF_8));
        int boards = 0;
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
          if (line.equals("event: board") && ++boards == 3) {
            return true;
          }
        }
        return false;
      } catch (IOException | Error e) {
        return false;
      }
    }
  }
}
