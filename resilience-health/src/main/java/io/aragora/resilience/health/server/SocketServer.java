package io.aragora.resilience.health.server;

import io.aragora.resilience.health.threads.LastingThread;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Accepts connections and has each answered on its own thread; the number of threads is bounded. A slow client delays no
 * other: if the server is full, it closes the connection that has kept it waiting longest. It rejects a new connection only if
 * every client is waiting for the server.
 *
 * <p>One thread accepts connections and closes overdue ones. It survives every failure; if the port no longer accepts, it
 * closes and reopens the port. Thread-safe.
 */
public final class SocketServer implements AutoCloseable {
  /** Answers a request. Called by several threads at once. */
  @FunctionalInterface
  public interface Handler {
    /**
     * Answers a request.
     *
     * @param exchange the request and its response
     * @throws IOException if the client is gone, or was cut off
     */
    void handle(Exchange exchange) throws IOException;
  }

  /** Opens the port. */
  @FunctionalInterface
  public interface Opener {
    /**
     * Opens the port.
     *
     * @param address the address; port 0 for any free port
     * @return the listening socket
     * @throws IOException if it cannot be opened
     */
    ServerSocket open(InetSocketAddress address) throws IOException;
  }

  /** Connections that the operating system queues while the accepting thread is busy. */
  private static final int BACKLOG = 512;

  private static final int SWEEP_MILLIS = 250;
  private static final long SWEEP_NANOS = TimeUnit.MILLISECONDS.toNanos(SWEEP_MILLIS);

  /** The number of consecutive accept errors after which the port is opened again. */
  private static final int MOST_FAILURES = 10;

  /**
   * How long a connection may keep the server waiting before it can be cut off, and how long the server then waits for it to
   * end.
   */
  private static final long MOMENT_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long IDLE_SECONDS = 30;
  private static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Handler handler;
  private final Limits limits;
  private final Opener opener;
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet(); // threads that may still run
  private final Set<Exchange> open = ConcurrentHashMap.newKeySet();
  private final ThreadPoolExecutor pool;
  private final LastingThread acceptor;
  private final InetSocketAddress address;
  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong cutOff = new AtomicLong();
  private final AtomicLong rejected = new AtomicLong();
  private final AtomicLong reopened = new AtomicLong();
  private volatile ServerSocket listener;

  // Used by the accepting thread.
  private int failuresInRow;
  private long sweptNanos = System.nanoTime();

  /**
   * Opens the port; {@link #start} begins to accept.
   *
   * @param wanted the address to listen at
   * @param opener opens the port
   * @param handler answers
   * @param limits the bounds
   * @param factory creates the threads
   * @throws IOException if the port cannot be opened
   */
  public SocketServer(
      InetSocketAddress wanted,
      Opener opener,
      Handler handler,
      Limits limits,
      ThreadFactory factory)
      throws IOException {
    this.handler = handler;
    this.limits = limits;
    this.opener = opener;
    this.listener = opener.open(wanted);
    this.address = (InetSocketAddress) listener.getLocalSocketAddress();
    ThreadFactory remembered = task -> remember(factory.newThread(task));
    this.acceptor = new LastingThread(
        "the accepting thread of the endpoint at " + address,
        remembered,
        this::acceptOne,
        this::closeListener);
    // Twice the number of connections: a thread whose connection was cut off may still be ending
    // when the next one needs a thread.
    this.pool = new ThreadPoolExecutor(
        0,
        2 * limits.connections(),
        IDLE_SECONDS,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        remembered);
  }

  /**
   * Opens a port on every address that the given one means.
   *
   * @param address where
   * @return the listening socket
   * @throws IOException if it cannot be opened
   */
  public static ServerSocket listen(InetSocketAddress address) throws IOException {
    ServerSocket socket = new ServerSocket();
    try {
      socket.setReuseAddress(true); // earlier connections must not prevent reopening the port
      socket.bind(address, BACKLOG);
      return socket;
    } catch (IOException | RuntimeException | Error e) {
      socket.close();
      throw e;
    }
  }

  /** Begins to accept. */
  public void start() {
    acceptor.start();
  }

  /**
   * Returns the address that the server listens at.
   *
   * @return address and port
   */
  public InetSocketAddress address() {
    return address;
  }

  /**
   * Returns the totals of connections.
   *
   * @return a snapshot
   */
  public ServerTotals totals() {
    return new ServerTotals(
        open.size(),
        accepted.get(),
        cutOff.get(),
        rejected.get(),
        reopened.get(),
        acceptor.failures());
  }

  /**
   * Returns whether accepting failed lately.
   *
   * @param withinNanos how long ago at most, in nanoseconds
   * @return whether it failed, or the port is closed now
   */
  public boolean isTroubled(long withinNanos) {
    return acceptor.hasFailedWithin(withinNanos) || (listener.isClosed() && !acceptor.isClosed());
  }

  /** Stops accepting, cuts off all connections, and waits at most 5 s for every thread to end. */
  @Override
  public void close() {
    acceptor.close();
    closeListener();
    pool.shutdown();
    open.forEach(Exchange::abort);
    long began = System.nanoTime();
    try {
      // Not awaitTermination: it can return before the last thread has ended.
      for (Thread thread : threads) {
        long rest = CLOSE_NANOS - (System.nanoTime() - began);
        if (thread != Thread.currentThread() && rest > 0) {
          thread.join(1 + TimeUnit.NANOSECONDS.toMillis(rest));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // they still end, but unobserved
    }
  }

  private void acceptOne() throws IOException {
    if (listener.isClosed() || failuresInRow >= MOST_FAILURES) {
      reopen();
    }
    if (System.nanoTime() - sweptNanos >= SWEEP_NANOS) {
      sweep();
    }
    // Without connections there is nothing to close, and no reason to wake up.
    listener.setSoTimeout(open.isEmpty() ? 0 : SWEEP_MILLIS);
    Socket client = null;
    try {
      client = listener.accept();
    } catch (SocketTimeoutException e) {
      // Time to sweep.
    } catch (IOException e) {
      // An Error is no reason to reopen the port: a full heap does not harm the port, but reopening
      // could fail and lose it.
      failuresInRow++;
      if (!acceptor.isClosed()) {
        makeRoom(0); // too many open files, most likely
      }
      throw e;
    }
    failuresInRow = 0;
    if (client != null) {
      take(client);
    }
  }

  private void take(Socket client) throws IOException {
    boolean taken = false;
    Exchange exchange = null;
    try {
      client.setTcpNoDelay(true);
      exchange = new Exchange(client, limits);
      if (makeRoom(limits.connections())) {
        open.add(exchange);
        Exchange mine = exchange;
        pool.execute(() -> run(mine));
        taken = true;
        accepted.incrementAndGet();
      }
    } catch (RejectedExecutionException e) {
      // More connections were cut off than threads have ended.
    } finally {
      if (!taken) {
        if (exchange != null) {
          open.remove(exchange);
        }
        rejected.incrementAndGet();
        client.close();
      }
    }
  }

  private void run(Exchange exchange) {
    try {
      exchange.serve(handler);
    } catch (Throwable e) {
      // The client is gone or was cut off, or an error could not be sent and was logged.
    } finally {
      open.remove(exchange);
      exchange.close();
    }
  }

  /**
   * Returns whether there is room for a connection, after cutting one off if necessary. A connection is not cut off before it
   * has had a moment to send its request, so a flood waits in the operating system's queue.
   */
  private boolean makeRoom(int most) {
    long began = System.nanoTime();
    while (open.size() >= most) {
      Exchange slowest = slowest();
      long now = System.nanoTime();
      if (slowest != null && now - slowest.sinceNanos() >= MOMENT_NANOS) {
        cutOff(slowest);
        return true;
      }
      if (now - began > MOMENT_NANOS) {
        return false;
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return true;
  }

  private @Nullable Exchange slowest() {
    Exchange slowest = null;
    for (Exchange exchange : open) {
      if (exchange.isWaiting()
          && (slowest == null || exchange.sinceNanos() - slowest.sinceNanos() < 0)) {
        slowest = exchange;
      }
    }
    return slowest;
  }

  private void sweep() {
    long now = System.nanoTime();
    sweptNanos = now;
    for (Exchange exchange : open) {
      if (exchange.isOverdue(now)) {
        cutOff(exchange);
      }
    }
  }

  private void cutOff(Exchange exchange) {
    boolean counts = open.remove(exchange) && !exchange.isAnswered();
    exchange.cutOff();
    if (counts) {
      cutOff.incrementAndGet();
    }
  }

  private void reopen() throws IOException {
    closeListener();
    ServerSocket opened = opener.open(address);
    listener = opened;
    failuresInRow = 0;
    reopened.incrementAndGet();
    if (acceptor.isClosed()) {
      closeListener(); // closed meanwhile
    }
  }

  private void closeListener() {
    try {
      listener.close();
    } catch (IOException e) {
      // It is no longer needed.
    }
  }

  private Thread remember(@Nullable Thread thread) {
    if (thread == null) {
      throw new IllegalStateException("there is no thread");
    }
    threads.removeIf(old -> old.getState() == Thread.State.TERMINATED);
    threads.add(thread);
    return thread;
  }
}
