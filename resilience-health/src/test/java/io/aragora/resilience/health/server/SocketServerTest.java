package io.aragora.resilience.health.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kind of throwable at each step of the accepting thread: the thread continues. */
@Timeout(60)
class SocketServerTest {
  private static final Duration LONG = Duration.ofMinutes(10);

  private final Queue<Throwable> faults = new ConcurrentLinkedQueue<>();

  /** How many times in succession the port does not accept. One number, so that the server never finds some of them only. */
  private final AtomicInteger brokenAccepts = new AtomicInteger();

  private final AtomicInteger opened = new AtomicInteger();
  private final Queue<IOException> closedPorts = new ConcurrentLinkedQueue<>();
  private final AtomicInteger steps = new AtomicInteger();
  private volatile int failing = -1;
  private volatile Throwable stepFault = new IOException("injected");
  private SocketServer server;
  private volatile ServerSocket port;

  /** A port of which each step throws the next planned exception. */
  private final class FaultyPort extends ServerSocket {
    FaultyPort() throws IOException {}

    @Override
    public Socket accept() throws IOException {
      if (brokenAccepts.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        throw new IOException("Too many open files");
      }
      if (faults.peek() instanceof IOException) {
        fail();
      }
      FaultySocket client = new FaultySocket();
      implAccept(client);
      return client;
    }

    @Override
    public void setSoTimeout(int millis) throws SocketException {
      super.setSoTimeout(50); // so that faults are met without a client, too
      if (!(faults.peek() instanceof IOException)) {
        fail();
      }
    }

    private void fail() {
      Throwable fault = faults.poll();
      if (fault != null) {
        SocketServerTest.<RuntimeException>sneak(fault);
      }
    }
  }

  /** A connection each of whose steps throws if it is its turn. */
  private final class FaultySocket extends Socket {
    @Override
    public void setTcpNoDelay(boolean on) throws SocketException {
      step();
      super.setTcpNoDelay(on);
    }

    @Override
    public InputStream getInputStream() throws IOException {
      step();
      return super.getInputStream();
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
      step();
      return super.getOutputStream();
    }

    @Override
    public void shutdownOutput() throws IOException {
      step();
      super.shutdownOutput();
    }

    private void step() {
      if (steps.getAndIncrement() == failing) {
        SocketServerTest.<RuntimeException>sneak(stepFault);
      }
    }
  }

  static Stream<Throwable> everyKind() {
    return Stream.of(
        new OutOfMemoryError("injected"),
        new StackOverflowError("injected"),
        new InternalError("injected"),
        new NoClassDefFoundError("injected"),
        new AssertionError("injected"),
        new ExceptionInInitializerError("injected"),
        new IOException("Too many open files"),
        new SocketException("injected"),
        new IllegalStateException("injected"),
        new InterruptedException("injected"),
        new Exception("injected"),
        new Throwable("injected"),
        new NullPointerException() {
          private static final long serialVersionUID = 1L;

          @Override
          public String getMessage() {
            throw new IllegalStateException("even the message");
          }
        });
  }

  @BeforeEach
  void start() throws Exception {
    server = new SocketServer(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        this::open,
        exchange -> exchange.send(new Answer(200, "text/plain", new byte[] {'o', 'k'})),
        new Limits(8, LONG, LONG, LONG),
        task -> {
          Thread thread = new Thread(task, "faulty");
          thread.setDaemon(true);
          return thread;
        });
    server.start();
  }

  @AfterEach
  void close() {
    server.close();
  }

  @ParameterizedTest
  @MethodSource("everyKind")
  void fault_theNextClientIsAnswered(Throwable fault) throws Exception {
    faults.add(fault);
    await(faults::isEmpty);

    assertThat(ask()).endsWith("ok");
    assertThat(server.totals().failures()).isEqualTo(1);
    assertThat(server.isTroubled(Duration.ofMinutes(1).toNanos())).isTrue();
    assertThat(server.totals().reopened()).isZero();
  }

  @Test
  void fault_whileTheLogThrowsToo_theNextClientIsAnswered() throws Exception {
    Logger log = Logger.getLogger("io.aragora.resilience.health.threads.LastingThread");
    Handler throwing = new Handler() {
      @Override
      public void publish(LogRecord line) {
        throw new OutOfMemoryError("injected");
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
    log.addHandler(throwing);
    log.setUseParentHandlers(false);
    try {
      faults.add(new OutOfMemoryError("injected"));
      await(faults::isEmpty);

      assertThat(ask()).endsWith("ok");
    } finally {
      log.removeHandler(throwing);
      log.setUseParentHandlers(true);
    }
  }

  @Test
  void portDoesNotAccept_isOpenedAnew() throws Exception {
    brokenAccepts.set(10);

    await(() -> server.totals().reopened() == 1);

    assertThat(ask()).endsWith("ok");
    assertThat(opened).hasValue(2);
    assertThat(server.totals().failures()).isEqualTo(10);
  }

  @Test
  void heapIsFullForLong_thePortIsKept() throws Exception {
    for (int i = 0; i < 15; i++) {
      faults.add(new OutOfMemoryError("injected"));
    }
    await(faults::isEmpty);

    assertThat(ask()).endsWith("ok");
    assertThat(server.totals().reopened()).isZero();
    assertThat(server.totals().failures()).isEqualTo(15);
  }

  @Test
  void portIsClosed_isOpenedAnewOnceItCan() throws Exception {
    closedPorts.add(new IOException("in use"));
    closedPorts.add(new IOException("in use"));

    port.close();
    await(() -> server.totals().reopened() == 1);

    assertThat(ask()).endsWith("ok");
    assertThat(closedPorts).isEmpty();
  }

  @Test
  void strangerInterruptsTheThread_theNextClientIsAnswered() throws Exception {
    Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("faulty"))
        .forEach(Thread::interrupt);

    assertThat(ask()).endsWith("ok");
  }

  @Test
  void noThreadCanBeStarted_theNextClientIsAnswered() throws Exception {
    server.close();
    AtomicInteger due = new AtomicInteger();
    server = new SocketServer(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        this::open,
        exchange -> exchange.send(new Answer(200, "text/plain", new byte[] {'o', 'k'})),
        new Limits(8, LONG, LONG, LONG),
        task -> {
          if (due.getAndDecrement() > 0) {
            throw new OutOfMemoryError("unable to create native thread");
          }
          return new Thread(task, "late");
        });
    server.start();
    due.set(2);

    assertThat(ask()).isEmpty();
    assertThat(ask()).isEmpty();
    assertThat(ask()).endsWith("ok");
    assertThat(server.totals().rejected()).isEqualTo(2);
    assertThat(server.totals().open()).isLessThan(2);
  }

  @ParameterizedTest
  @MethodSource("everyKind")
  void eachStepOfAConnectionFails_theNextClientIsAnswered(Throwable fault) throws Exception {
    stepFault = fault;
    assertThat(ask()).endsWith("ok");
    await(() -> server.totals().open() == 0);
    int all = steps.get();
    assertThat(all).isGreaterThan(3);
    for (int step = 0; step < all; step++) {
      steps.set(0);
      failing = step;
      ask(); // answered or not: that depends on the step
      await(() -> server.totals().open() == 0);
      failing = -1;
      assertThat(ask()).endsWith("ok");
    }
  }

  private ServerSocket open(InetSocketAddress address) throws IOException {
    IOException failure = closedPorts.poll();
    if (failure != null) {
      throw failure;
    }
    ServerSocket faulty = new FaultyPort();
    faulty.setReuseAddress(true);
    faulty.bind(address);
    opened.incrementAndGet();
    port = faulty;
    return faulty;
  }

  private String ask() throws IOException {
    try (Socket client =
        new Socket(server.address().getAddress(), server.address().getPort())) {
      client.setSoTimeout(30_000);
      client.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII));
      return new String(client.getInputStream().readAllBytes(), US_ASCII);
    } catch (SocketException e) {
      return "";
    }
  }

  private interface Condition {
    boolean holds();
  }

  private static void await(Condition condition) {
    long began = System.nanoTime();
    while (!condition.holds()
        && System.nanoTime() - began < Duration.ofSeconds(30).toNanos()) {
      Thread.onSpinWait();
    }
    assertThat(condition.holds()).isTrue();
  }

  @SuppressWarnings("unchecked")
  private static <X extends Throwable> void sneak(Throwable fault) throws X {
    throw (X) fault;
  }
}
