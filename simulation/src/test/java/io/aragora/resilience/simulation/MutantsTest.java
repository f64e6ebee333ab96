package io.aragora.resilience.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The simulation can fail: it finds each of these faults, put into the sources of core one at a time. */
class MutantsTest {
  private static final Path SOURCES = Path.of(System.getProperty("core.sources"));
  private static final int QUICK = 100;
  private static final String PACKAGE = "io/aragora/resilience/core/";

  /**
   * A fault.
   *
   * @param name what is wrong
   * @param file the source in core
   * @param original the text that is replaced, once
   * @param replacement the fault
   * @param rule what the message of the violation says
   * @param seeds within how many lives it must be found
   */
  record Mutant(
      String name, String file, String original, String replacement, String rule, int seeds) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** Those that few lives show; all of them with {@code -Dsimulation.mutants=all}. */
  static Stream<Mutant> mutants() {
    boolean all = "all".equals(System.getProperty("simulation.mutants"));
    return known().filter(mutant -> all || mutant.seeds() == QUICK);
  }

  private static Stream<Mutant> known() {
    return Stream.of(
        new Mutant(
            "an open breaker admits calls shortly before the end of its cooldown",
            "circuitbreaker/OpenPhase.java",
            "clock.isWellBefore(until) || clock.readPrecisely() < until",
            "clock.readPrecisely() < until - cooldownNanos / 2",
            "circuitbreaker: the model rejects what was admitted",
            2000),
        new Mutant(
            "consecutive failures open a breaker one failure late",
            "circuitbreaker/CountingPhase.java",
            "consecutiveFailures >= threshold && areRulesApplied(now)",
            "consecutiveFailures > threshold && areRulesApplied(now)",
            "circuitbreaker: the model",
            2000),
        new Mutant(
            "a half-open breaker never gets the permit of a successful probe back",
            "circuitbreaker/HalfOpenPhase.java",
            "ends ? probes.spend(Permit.claim(permit), now) : probes.release(Permit.claim(permit), now)",
            "probes.spend(Permit.claim(permit), now)",
            "circuitbreaker",
            2000),
        new Mutant(
            "a cancelled asynchronous call keeps the permit that it was granted",
            "admission/QueuedFuture.java",
            "policy.giveBack(turn.permit());",
            "",
            "every permit comes back",
            2000),
        new Mutant(
            "a permit that is given back wakes no waiter",
            "bulkhead/CoreBulkhead.java",
            "    if (!queue.isEmpty()) {\n      queue.grant();\n    }",
            "",
            "bulkhead",
            QUICK),
        new Mutant(
            "a limiter admits one more than its burst",
            "admission/CellRate.java",
            "return next > span ? NONE : word(now, next);",
            "return next > span + interval ? NONE : word(now, Math.min(next, span));",
            "ratelimiter: never admits early",
            QUICK),
        new Mutant(
            "a retry makes one attempt too many",
            "retry/RetryRun.java",
            "if (attempt >= settings.maxAttempts()) {",
            "if (attempt > settings.maxAttempts()) {",
            "retry: no more attempts than allowed",
            QUICK),
        new Mutant(
            "what is inside a cancelled call runs on",
            "call/PolicyFuture.java",
            "    cancellation = cause;\n    CompletableFuture<T> running = inner;",
            "    cancellation = cause;\n    CompletableFuture<T> running = null;",
            "hedge: losers are cancelled",
            QUICK),
        new Mutant(
            "a timeout takes what ended after the limit for in time",
            "timeout/LimitedFuture.java",
            "if (deadline != TimeSource.NEVER && timeout.isReached(deadline)) {",
            "if (expired) {",
            "timeout: what ends after the limit is late",
            2000),
        new Mutant(
            "transitions that come together are told in the wrong order",
            "circuitbreaker/TransitionLog.java",
            "entered.push(phase);",
            "entered.addLast(phase);",
            "circuitbreaker: ",
            QUICK),
        new Mutant(
            "flush says that it saved and did not",
            "persistence/StateSaver.java",
            "      saveOrThrow(scope);\n      connection.succeeded();",
            "      connection.succeeded();",
            "what flush acknowledged survives",
            2000));
  }

  @TempDir
  private Path folder;

  @ParameterizedTest
  @MethodSource("mutants")
  void simulation_ofAFaultyCore_findsTheFault(Mutant mutant) throws Exception {
    compile(mutant);
    try (URLClassLoader loader =
        new URLClassLoader(classPath(), ClassLoader.getPlatformClassLoader())) {
      Method run = Class.forName(Simulation.class.getName(), true, loader)
          .getMethod("run", long.class, long.class, long.class, PrintStream.class);
      Object violation = run.invoke(null, 1L, (long) mutant.seeds(), Long.MAX_VALUE, null);
      assertThat(violation).as("within %d lives", mutant.seeds()).isNotNull();
      System.out.println(mutant + ": " + violation.toString().lines().limit(5).toList());
      assertThat(violation.toString().lines().limit(2).toList().toString()).contains(mutant.rule());
    }
  }

  private void compile(Mutant mutant) throws IOException {
    String source = Files.readString(SOURCES.resolve(PACKAGE + mutant.file()));
    assertThat(source.split(java.util.regex.Pattern.quote(mutant.original()), -1))
        .as("the original text is there once; if the source has changed, change the mutant")
        .hasSize(2);
    Path faulty = folder.resolve("source").resolve(PACKAGE + mutant.file());
    Files.createDirectories(faulty.getParent());
    Files.writeString(faulty, source.replace(mutant.original(), mutant.replacement()));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      Path classes = Files.createDirectories(folder.resolve("classes"));
      boolean compiled = compiler
          .getTask(
              null,
              files,
              null,
              List.of(
                  "-proc:none",
                  "-nowarn",
                  "-implicit:none",
                  "-d",
                  classes.toString(),
                  "-cp",
                  pathText()),
              null,
              files.getJavaFileObjects(faulty))
          .call();
      assertThat(compiled).as("the mutant compiles").isTrue();
    }
  }

  private static String pathText() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  private URL[] classPath() throws MalformedURLException {
    List<URL> urls = new ArrayList<>();
    urls.add(folder.resolve("classes").toUri().toURL());
    for (String entry : pathText().split(File.pathSeparator)) {
      urls.add(Path.of(entry).toUri().toURL());
    }
    return urls.toArray(new URL[0]);
  }
}
