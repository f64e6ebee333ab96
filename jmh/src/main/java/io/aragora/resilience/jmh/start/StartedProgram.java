package io.aragora.resilience.jmh.start;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A program whose start is measured: the empty one, and the base of those that use a library. Between two steps it writes a
 * byte and waits for one, while its parent measures. It has no lambda, so the library pays for the first one if it has one.
 */
class StartedProgram {
  static final String[] STEPS = {"create", "breaker", "retry", "async timeout"};

  static final Integer VALUE = 1;

  static final CompletionStage<Integer> STAGE = CompletableFuture.completedFuture(VALUE);

  /** Starts the empty program. */
  public static void main(String[] arguments) throws Exception {
    run(new StartedProgram());
  }

  static void run(StartedProgram program) throws Exception {
    // twice, so that no step has the first writing and reading
    pause();
    pause();
    program.create();
    pause();
    program.breaker();
    pause();
    program.retry();
    pause();
    program.asyncTimeout();
    pause();
    Runtime.getRuntime().halt(0);
  }

  private static void pause() throws IOException {
    System.out.write('.');
    System.out.flush();
    if (System.in.read() < 0) {
      throw new IllegalStateException("the parent is gone");
    }
  }

  static void check(Object result) {
    if (!VALUE.equals(result)) {
      throw new IllegalStateException("not the value of the body: " + result);
    }
  }

  void create() throws Exception {}

  void breaker() throws Exception {}

  void retry() throws Exception {}

  void asyncTimeout() throws Exception {}
}
