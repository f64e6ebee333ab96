package io.aragora.resilience.examples.overload;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A service with a few threads and a queue. The more requests wait, the longer it works on each. It does not notice that a caller
 * has given up.
 */
final class CrowdedService implements AutoCloseable {
  static final int THREADS = 8;
  static final int WORK_MILLIS = 10;

  /** How many waiting requests double the time that a request takes. */
  static final int CROWD = 500;

  private final BlockingQueue<CompletableFuture<String>> queue = new LinkedBlockingQueue<>();
  private final Thread[] threads = new Thread[THREADS];

  private CrowdedService() {}

  static CrowdedService start() {
    CrowdedService service = new CrowdedService();
    for (int i = 0; i < THREADS; i++) {
      service.threads[i] = new Thread(service::work, "service-" + i);
      service.threads[i].setDaemon(true);
      service.threads[i].start();
    }
    return service;
  }

  /** {@return how many requests a second it can serve if none wait} */
  static int capacity() {
    return THREADS * 1000 / WORK_MILLIS;
  }

  /** Returns the answer, which comes once the requests before it are served. */
  CompletableFuture<String> request() {
    CompletableFuture<String> answer = new CompletableFuture<>();
    queue.add(answer);
    return answer;
  }

  private void work() {
    try {
      while (true) {
        CompletableFuture<String> answer = queue.take();
        Thread.sleep(WORK_MILLIS + (long) WORK_MILLIS * queue.size() / CROWD);
        answer.complete("served");
      }
    } catch (InterruptedException e) {
      // close() ends the thread in this way.
    }
  }

  @Override
  public void close() {
    for (Thread thread : threads) {
      thread.interrupt();
    }
  }
}
