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

/** The simulation can fail: it finds each of these faults, put into the sources one at a time. */
class MutantsTest {
  private static final Path PROJECT = Path.of(System.getProperty("project.sources"));
  private static final int QUICK = 100;

  /**
   * A fault.
   *
   * @param name what is wrong
   * @param file the source, from the root of the project
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
            core("circuitbreaker/OpenPhase.java"),
            "clock.isWellBefore(until) || clock.readPrecisely() < until",
            "clock.readPrecisely() < until - cooldownNanos / 2",
            "circuitbreaker: the model rejects what was admitted",
            2000),
        new Mutant(
            "consecutive failures open a breaker one failure late",
            core("circuitbreaker/CountingPhase.java"),
            "consecutiveFailures >= threshold && areRulesApplied(now)",
            "consecutiveFailures > threshold && areRulesApplied(now)",
            "circuitbreaker: the model",
            2000),
        new Mutant(
            "a half-open breaker never gets the permit of a successful probe back",
            core("circuitbreaker/HalfOpenPhase.java"),
            "ends ? probes.spend(Permit.claim(permit), now) : probes.release(Permit.claim(permit), now)",
            "probes.spend(Permit.claim(permit), now)",
            "circuitbreaker",
            2000),
        new Mutant(
            "a cancelled asynchronous call keeps the permit that it was granted",
            core("admission/QueuedFuture.java"),
            "policy.giveBack(turn.permit());\n          policy.countCancelled();",
            "policy.countCancelled();",
            "every permit comes back",
            2000),
        new Mutant(
            "a permit that is given back wakes no waiter",
            core("bulkhead/CoreBulkhead.java"),
            "    if (!queue.isEmpty()) {\n      queue.grant();\n    }",
            "",
            "bulkhead",
            QUICK),
        new Mutant(
            "a limiter admits one more than its burst",
            core("admission/CellRate.java"),
            "return next > span ? NONE : word(now, next);",
            "return next > span + interval ? NONE : word(now, Math.min(next, span));",
            "ratelimiter: never admits early",
            QUICK),
        new Mutant(
            "a retry makes one attempt too many",
            core("retry/RetryRun.java"),
            "if (attempt >= settings.maxAttempts()) {",
            "if (attempt > settings.maxAttempts()) {",
            "retry: no more attempts than allowed",
            QUICK),
        new Mutant(
            "what is inside a cancelled call runs on",
            core("call/PolicyFuture.java"),
            "    cancellation = cause;\n    CompletableFuture<T> running = inner;",
            "    cancellation = cause;\n    CompletableFuture<T> running = null;",
            "hedge: losers are cancelled",
            QUICK),
        new Mutant(
            "a timeout takes what ended after the limit for in time",
            core("timeout/LimitedFuture.java"),
            "if (deadline != TimeSource.NEVER && timeout.isReached(deadline)) {",
            "if (late == EXPIRED) {",
            "timeout: what ends after the limit is late",
            2000),
        new Mutant(
            "transitions that come together are told in the wrong order",
            core("circuitbreaker/TransitionLog.java"),
            "entered.push(phase);",
            "entered.addLast(phase);",
            "circuitbreaker: ",
            QUICK),
        new Mutant(
            "flush says that it saved and did not",
            core("persistence/StateSaver.java"),
            "      saveOrThrow(scope);\n      connection.succeeded();",
            "      connection.succeeded();",
            "what flush acknowledged survives",
            2000),
        new Mutant(
            "an annotated method has its breaker inside its retry",
            core("proxy/AnnotatedPolicies.java"),
            "      new Single<>(WithCircuitBreaker.class, this::breaker),\n      new Single<>(WithRetry.class, this::retry),",
            "      new Single<>(WithRetry.class, this::retry),\n      new Single<>(WithCircuitBreaker.class, this::breaker),",
            "",
            2000),
        new Mutant(
            "a proxy calls a method that returns a stage without its policies",
            core("proxy/ProtectedMethod.java"),
            "case ASYNC -> args -> policy.<@Nullable Object>callAsync(() -> start(plain, args));",
            "case ASYNC -> args -> start(plain, args);",
            "",
            QUICK),
        new Mutant(
            "an HTTP request that may have arrived is repeated",
            http("client/HttpPolicies.java"),
            "if (!isIdempotent.test(request)) {",
            "if (!isIdempotent.test(request) && name.isEmpty()) {",
            "http: ",
            QUICK),
        new Mutant(
            "an HTTP client does not wait as long as the server asked",
            http("client/ResilientHttpClientBuilder.java"),
            "config.retryAfter(failures.retryAfter());",
            "config.retryAfter(failure -> null);",
            "http: an attempt waits for its backoff, and as long as the server asked",
            2000),
        new Mutant(
            "an answer of a server that asks for a pause pauses nothing",
            http("client/HttpCall.java"),
            "limiters.observe(request.uri(), response);",
            "",
            "http: a server that asked for a pause is not called before its end",
            2000),
        new Mutant(
            "an answer that the caller does not get stays open",
            http("client/LeftoverBody.java"),
            "held.discard();",
            "",
            "http: each answer is read to its end or closed",
            2000),
        new Mutant(
            "the metrics add each reading to the one before",
            "resilience-metrics/src/main/java/io/aragora/resilience/metrics/prometheus/PolicySeries.java",
            "      Arrays.fill(present, ABSENT);",
            "",
            "reading: the metrics show what the policies count",
            QUICK),
        new Mutant(
            "a critical health check counts as an optional one",
            core("health/CoreHealthRegistry.java"),
            "return critical || status.isServing() ?",
            "return status.isServing() ?",
            "reading: a report is no better than its critical parts",
            QUICK));
  }

  private static String core(String file) {
    return "resilience-core/src/main/java/io/aragora/resilience/core/" + file;
  }

  private static String http(String file) {
    return "resilience-http/src/main/java/io/aragora/resilience/http/" + file;
  }

  @TempDir
  private Path folder;

  @ParameterizedTest
  @MethodSource("mutants")
  void simulation_ofAFaultyLibrary_findsTheFault(Mutant mutant) throws Exception {
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
    String source = Files.readString(PROJECT.resolve(mutant.file()));
    assertThat(source.split(java.util.regex.Pattern.quote(mutant.original()), -1))
        .as("the original text is there once; if the source has changed, change the mutant")
        .hasSize(2);
    Path faulty = folder.resolve("source").resolve(mutant.file());
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
