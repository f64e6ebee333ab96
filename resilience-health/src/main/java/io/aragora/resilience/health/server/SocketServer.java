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
 * Accepts connections and has each answered on a thread of its own, of which there is a bound. Nobody who comes waits for those
 * who are slow: if there is no room, the connection that has kept us waiting for longest makes some. Only if every connection
 * waits for us, a new one is refused.
 *
 * <p>One thread accepts, and closes what is overdue. It survives whatever it meets; if the port does not accept any more, it
 * closes it and opens it anew. Thread-safe.
 */
public final class SocketServer implements AutoCloseable {
  /** Answers a request. Called by several threads at once. */
  @FunctionalInterface
  public interface Handler {
    /**
     * Answers a request.
     *
     * @param exchange the request, and what takes the answer
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
     * @param address where; with the port 0 for any that is free
     * @return a socket that listens
     * @throws IOException if it cannot be opened
     */
    ServerSocket open(InetSocketAddress address) throws IOException;
  }

  /** Connections that the operating system keeps for us while we are busy. */
  private static final int BACKLOG = 512;

  private static final int SWEEP_MILLIS = 250;
  private static final long SWEEP_NANOS = TimeUnit.MILLISECONDS.toNanos(SWEEP_MILLIS);

  /** Errors of the operating system when accepting, one after the other, after which the port is opened anew. */
  private static final int MOST_FAILURES = 10;

  /** How long a connection may keep us waiting whatever else comes, and how long we wait for one that has. */
  private static final long MOMENT_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long IDLE_SECONDS = 30;
  private static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Handler handler;
  private final Limits limits;
  private final Opener opener;
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet(); // those that may be running
  private final Set<Exchange> open = ConcurrentHashMap.newKeySet();
  private final ThreadPoolExecutor pool;
  private final LastingThread acceptor;
  private final InetSocketAddress address;
  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong cutOff = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong reopened = new AtomicLong();
  private volatile ServerSocket listener;

  // Of the accepting thread.
  private int failuresInRow;
  private long sweptNanos = System.nanoTime();

  /**
   * Opens the port; {@link #start} begins to accept.
   *
   * @param wanted where to listen
   * @param opener opens the port
   * @param handler answers
   * @param limits how much is taken on
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
    // Twice as many as connections: one that was cut off may still be on its way out when the next
    // needs a thread.
    this.pool = new ThreadPoolExecutor(
        0,
        2 * limits.connections(),
        IDLE_SECONDS,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        remembered);
  }

  /**
   * Opens a port on all that an address means.
   *
   * @param address where
   * @return a socket that listens
   * @throws IOException if it cannot be opened
   */
  public static ServerSocket listen(InetSocketAddress address) throws IOException {
    ServerSocket socket = new ServerSocket();
    try {
      socket.setReuseAddress(
          true); // connections of before must not keep the port from being opened anew
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
   * Returns where it listens.
   *
   * @return address and port
   */
  public InetSocketAddress address() {
    return address;
  }

  /**
   * Returns what became of connections so far.
   *
   * @return a snapshot
   */
  public ServerTotals totals() {
    return new ServerTotals(
        open.size(),
        accepted.get(),
        cutOff.get(),
        refused.get(),
        reopened.get(),
        acceptor.failures());
  }

  /**
   * Returns whether accepting failed lately.
   *
   * @param withinNanos how long ago at most, in nanoseconds
   * @return whether it did, or the port is closed now
   */
  public boolean isTroubled(long withinNanos) {
    return acceptor.hasFailedWithin(withinNanos) || (listener.isClosed() && !acceptor.isClosed());
  }

  /** Stops accepting, cuts off what is being answered, and waits for every thread to end, for 5 s at most. */
  @Override
  public void close() {
    acceptor.close();
    closeListener();
    pool.shutdown();
    open.forEach(Exchange::abort);
    long began = System.nanoTime();
    try {
      // Not awaitTermination: it returns while the last thread is still on its way out.
      for (Thread thread : threads) {
        long rest = CLOSE_NANOS - (System.nanoTime() - began);
        if (thread != Thread.currentThread() && rest > 0) {
          thread.join(1 + TimeUnit.NANOSECONDS.toMillis(rest));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // they end all the same, only unseen
    }
  }

  private void acceptOne() throws IOException {
    if (listener.isClosed() || failuresInRow >= MOST_FAILURES) {
      reopen();
    }
    if (System.nanoTime() - sweptNanos >= SWEEP_NANOS) {
      sweep();
    }
    // With nobody connected there is nothing to close, and no reason to wake up.
    listener.setSoTimeout(open.isEmpty() ? 0 : SWEEP_MILLIS);
    Socket client = null;
    try {
      client = listener.accept();
    } catch (SocketTimeoutException e) {
      // Time to sweep.
    } catch (IOException e) {
      // An Error is no reason to open the port anew: a full heap does it no harm, but could lose it
      // on the way.
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
      // More were cut off than could leave by now.
    } finally {
      if (!taken) {
        if (exchange != null) {
          open.remove(exchange);
        }
        refused.incrementAndGet();
        client.close();
      }
    }
  }

  private void run(Exchange exchange) {
    try {
      exchange.serve(handler);
    } catch (Throwable e) {
      // The client is gone, or was cut off; or not even an error could be sent, and was logged.
    } finally {
      open.remove(exchange);
      exchange.close();
    }
  }

  /**
   * Returns whether fewer than so many connections are open, after one was cut off if need be. None is before it has had a
   * moment to send what it came for, so a flood waits in the queue of the operating system, as long as that takes.
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
      // It is of no use any more.
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
