package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.quota.WhenAlone;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterEvent;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A process of a fleet, which calls at a steady rate for some seconds. Each line of its output is what it did for a moment: {@code
 * calls}, the milliseconds since 1970 before and after, and how many calls were admitted and rejected; or what happened: {@code
 * ALONE} or {@code REJOINED}, and when.
 */
final class FleetInstance {
  private static final long MOMENT_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private FleetInstance() {}

  /** The limit of a fleet. */
  static RateLimiterConfig config(int limit, int burst, WhenAlone whenAlone) {
    return RateLimiterConfig.smooth(limit, Duration.ofSeconds(1))
        .burst(burst)
        .shared()
        .whenAlone(whenAlone)
        .build();
  }

  /** Starts a process on the paths of this one, all of them taken as a class path. */
  static Process start(
      String location, int limit, int burst, WhenAlone whenAlone, int callsPerSecond, long millis)
      throws IOException {
    String paths = Stream.of(
            Path.of("target", "test-classes").toAbsolutePath().toString(),
            System.getProperty("jdk.module.path", ""),
            System.getProperty("java.class.path", ""))
        .filter(path -> !path.isEmpty())
        .collect(Collectors.joining(File.pathSeparator));
    ProcessBuilder builder = new ProcessBuilder(List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"),
        "-Xmx128m",
        "-cp",
        paths,
        FleetInstance.class.getName(),
        location,
        "" + limit,
        "" + burst,
        "" + whenAlone,
        "" + callsPerSecond,
        "" + millis));
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    return builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  /** The location, limit, burst, {@code whenAlone}, calls a second, and milliseconds to run. */
  public static void main(String[] arguments) {
    int next = 0;
    String location = arguments[next++];
    int limit = Integer.parseInt(arguments[next++]);
    int burst = Integer.parseInt(arguments[next++]);
    RateLimiterConfig config = config(limit, burst, WhenAlone.valueOf(arguments[next++]));
    double callsPerNano =
        Integer.parseInt(arguments[next++]) / (double) TimeUnit.SECONDS.toNanos(1);
    long nanos = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(arguments[next]));
    try (Resilience resilience =
        Resilience.builder().name("instance").quotaStore(location).build()) {
      RateLimiter limiter = resilience.rateLimiter("api", config);
      limiter.subscribe(FleetInstance::print);
      call(limiter, callsPerNano, nanos);
    }
  }

  private static void print(RateLimiterEvent event) {
    if (event.kind() == RateLimiterEvent.Kind.ALONE
        || event.kind() == RateLimiterEvent.Kind.REJOINED) {
      System.out.println(event.kind() + " " + System.currentTimeMillis());
    }
  }

  private static void call(RateLimiter limiter, double callsPerNano, long nanos) {
    long begun = System.nanoTime();
    long calls = 0;
    for (long passed = 0; passed < nanos; passed = System.nanoTime() - begun) {
      long before = System.currentTimeMillis();
      int admitted = 0;
      int rejected = 0;
      for (; calls < passed * callsPerNano; calls++) {
        if (limiter.tryAcquire()) {
          admitted++;
        } else {
          rejected++;
        }
      }
      System.out.println(
          "calls " + before + " " + System.currentTimeMillis() + " " + admitted + " " + rejected);
      LockSupport.parkNanos(MOMENT_NANOS);
    }
  }
}
