package io.aragora.resilience.health.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.aragora.resilience.health.threads.OncePerMinute;
import io.aragora.resilience.internal.BodyThread;
import io.aragora.resilience.internal.GuardedLog;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One connection with one request and one response. Either the server waits for the client, until a deadline and while there
 * is room, or the client waits for the server. Used by one thread, except {@link #cutOff()} and the methods that decide about
 * it.
 */
public final class Exchange {
  private static final GuardedLog LOG = GuardedLog.of(Exchange.class);
  private static final OncePerMinute LINES = new OncePerMinute();

  /** Bytes per write: a client that has accepted a write within its deadline is not slow. */
  private static final int CHUNK = 16 * 1024;

  /** The bytes that a client may still send during and after the response, and the time it may take to end. */
  private static final int MOST_LEFT_OVER = 1 << 20;

  private static final Duration FAREWELL = Duration.ofSeconds(1);

  /** A client that has its response is cut off before one that has none. */
  private static final long ANSWERED_NANOS = TimeUnit.HOURS.toNanos(1);

  private static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(US_ASCII);

  private final Socket socket;
  private final Limits limits;
  private @Nullable RequestHead head;
  private boolean begun; // to answer
  private @Nullable Thread thread; // guarded by this
  private final BodyThread inside = new BodyThread();

  private volatile boolean waiting; // for the client
  private volatile long sinceNanos;
  private volatile long deadlineNanos;
  private volatile boolean cut;
  private volatile boolean answered;

  Exchange(Socket socket, Limits limits) {
    this.socket = socket;
    this.limits = limits;
  }

  /**
   * Returns the method of the request.
   *
   * @return {@code GET} for instance
   */
  public String method() {
    return head().method();
  }

  /**
   * Returns the path of the request.
   *
   * @return without the query, not decoded
   */
  public String path() {
    return head().path();
  }

  /**
   * Returns the values of a header.
   *
   * @param name its name, in any case
   * @return one per occurrence
   */
  public List<String> headers(String name) {
    return head().headers().getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
  }

  /**
   * Returns the value of a header that was sent once.
   *
   * @param name its name, in any case
   * @return null if it was not sent, or more than once
   */
  public @Nullable String header(String name) {
    List<String> values = headers(name);
    return values.size() == 1 ? values.get(0) : null;
  }

  /**
   * Returns the client.
   *
   * @return the address of the client
   */
  public SocketAddress client() {
    return socket.getRemoteSocketAddress();
  }

  /**
   * Reads the body of the request.
   *
   * @param most the maximum number of bytes
   * @return the body; null if it has more
   * @throws IOException if the client ends before, or was cut off
   */
  public byte @Nullable [] body(int most) throws IOException {
    RequestHead request = head();
    if (request.length() > most) {
      return null;
    }
    byte[] body = Arrays.copyOf(request.rest().getBytes(ISO_8859_1), (int) request.length());
    int count = Math.min(request.rest().length(), body.length);
    await(limits.head());
    if (count < body.length && "100-continue".equalsIgnoreCase(header("Expect"))) {
      socket.getOutputStream().write(CONTINUE);
    }
    while (count < body.length) {
      int read = socket.getInputStream().read(body, count, body.length - count);
      if (read < 0) {
        throw new EOFException("the client closed the connection before the end of its request");
      }
      count += read;
    }
    waiting = false;
    return body;
  }

  /**
   * Waits before the response.
   *
   * @param time how long
   * @param expendable whether the client is cut off when its room is needed
   * @throws IOException if it was cut off
   */
  public void hold(Duration time, boolean expendable) throws IOException {
    if (expendable) {
      await(time.multipliedBy(2).plus(FAREWELL));
    }
    long began = System.nanoTime();
    for (long rest = time.toNanos();
        rest > 0 && !cut && !Thread.currentThread().isInterrupted();
        rest = time.toNanos() - (System.nanoTime() - began)) {
      LockSupport.parkNanos(this, rest);
    }
    waiting = false;
    if (cut) {
      throw new IOException("the client was cut off");
    }
  }

  /**
   * Sends an answer, without its body if the method is HEAD.
   *
   * @param answer the answer
   * @throws IOException if the client is gone, or was cut off
   */
  public void send(Answer answer) throws IOException {
    byte[] bytes = answer.head(true);
    if (head == null || !method().equals("HEAD")) {
      int length = bytes.length;
      bytes = Arrays.copyOf(bytes, length + answer.body().length);
      System.arraycopy(answer.body(), 0, bytes, length, answer.body().length);
    }
    begun = true;
    write(bytes);
  }

  /**
   * Sends the head of a stream, whose body is what is written until the connection ends.
   *
   * @param answer its status and headers
   * @throws IOException if the client is gone, or was cut off
   */
  public void begin(Answer answer) throws IOException {
    begun = true;
    write(answer.head(false));
  }

  /**
   * Sends a part of a stream.
   *
   * @param bytes the bytes
   * @throws IOException if the client is gone, or was cut off
   */
  public void write(byte[] bytes) throws IOException {
    await(limits.client());
    OutputStream out = socket.getOutputStream();
    for (int from = 0; from < bytes.length; from += CHUNK) {
      out.write(bytes, from, Math.min(CHUNK, bytes.length - from));
      sinceNanos = System.nanoTime();
    }
    waiting = false;
  }

  /** Reads the request, has it answered, and ends, whatever the handler throws. */
  void serve(SocketServer.Handler handler) throws IOException {
    enter(Thread.currentThread());
    try {
      await(limits.head());
      head = RequestHead.read(socket.getInputStream());
      waiting = false;
      handler.handle(this);
    } catch (BadRequest e) {
      send(e.answer());
    } catch (RuntimeException | Error e) {
      if (LINES.passes()) {
        LOG.log(
            System.Logger.Level.WARNING,
            "a request to the endpoint failed; its connection is closed (logged once a minute)",
            e);
      }
      if (!begun) {
        send(Answer.FAILED);
      }
    } finally {
      leave();
    }
    bidFarewell();
  }

  /** Returns whether the server waits for the client. */
  boolean isWaiting() {
    return waiting;
  }

  /** Returns since when the server waits for the client, in nanoseconds of {@link System#nanoTime}. */
  long sinceNanos() {
    return sinceNanos;
  }

  /** Returns whether the client has its response, and only the connection remains. */
  boolean isAnswered() {
    return answered;
  }

  boolean isOverdue(long nowNanos) {
    return waiting && nowNanos - deadlineNanos >= 0;
  }

  /** Closes the connection, which ends reads, writes and delays of its thread. */
  void cutOff() {
    cut = true;
    close();
    synchronized (this) {
      LockSupport.unpark(thread);
    }
  }

  /** Interrupts the handler, and closes the connection. */
  void abort() {
    cutOff();
    inside.interrupt();
  }

  void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // It is no longer needed.
    }
  }

  private void enter(Thread mine) {
    inside.enter();
    synchronized (this) {
      thread = mine;
    }
  }

  /** An interrupt of this exchange, or one that its handler left, does not reach the thread afterwards. */
  private void leave() {
    synchronized (this) {
      thread = null;
    }
    inside.leave();
    Thread.interrupted();
  }

  /**
   * Waits for the client to end first: closing the connection while it sends could destroy the response before the client has
   * read it.
   */
  private void bidFarewell() throws IOException {
    answered = true;
    await(FAREWELL, System.nanoTime() - ANSWERED_NANOS);
    socket.shutdownOutput();
    byte[] rest = new byte[1024];
    int count = 0;
    for (int read = 0; read >= 0 && count < MOST_LEFT_OVER; count += read) {
      read = socket.getInputStream().read(rest);
    }
  }

  private void await(Duration limit) {
    await(limit, System.nanoTime());
  }

  private void await(Duration limit, long since) {
    sinceNanos = since;
    deadlineNanos = System.nanoTime() + limit.toNanos();
    waiting = true;
  }

  private RequestHead head() {
    if (head == null) {
      throw new IllegalStateException("the request has not been read");
    }
    return head;
  }
}
