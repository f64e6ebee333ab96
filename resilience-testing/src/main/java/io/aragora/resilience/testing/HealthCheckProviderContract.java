package io.aragora.resilience.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aragora.resilience.HealthCheckProvider;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * A JUnit suite for every {@link HealthCheckProvider}. A plug-in's test extends it and has {@code resilience-core} as a test dependency:
 *
 * <pre>{@code
 * class DiskSpaceTest extends HealthCheckProviderContract {
 *   @Override
 *   protected HealthCheckProvider provider() {
 *     return new DiskSpace();
 *   }
 * }
 * }</pre>
 *
 * <p>The suite ignores the result of a check: it may be unhealthy or throw if its resource is missing in the test. The
 * check must end within its own timeout, in real time, also when interrupted. Not thread-safe: JUnit creates one
 * instance for each case.
 */
public abstract class HealthCheckProviderContract {
  private static final int LONGEST_NAME = 10_000;

  /** For subclasses. */
  protected HealthCheckProviderContract() {}

  /**
   * Creates the provider, as {@link java.util.ServiceLoader} would.
   *
   * @return a new provider
   */
  protected abstract HealthCheckProvider provider();

  /**
   * Returns a builder of a runtime. A provider that reads properties overrides this.
   *
   * @return a builder with the settings that the check needs; the default is {@link Resilience#builder()}
   */
  protected ResilienceBuilder builder() {
    return Resilience.builder();
  }

  @Test
  @DisplayName("every runtime finds the provider by its declaration for this path")
  void provider_isFoundByEveryRuntime() {
    try (Resilience one = builder().build();
        Resilience another = builder().build()) {
      assertTrue(
          one.health().names().contains(provider().name()),
          "names: " + one.health().names());
      assertTrue(another.health().names().contains(provider().name()));
    }
  }

  @Test
  @DisplayName("the name is valid for a check, and always the same")
  void name_isWellFormedAndStays() {
    HealthCheckProvider provider = provider();
    String name = provider.name();

    assertFalse(name.isBlank(), "the name is blank");
    assertTrue(name.length() <= LONGEST_NAME, "the name has " + name.length() + " characters");
    assertFalse(
        HealthRegistry.RESERVED_NAMES.contains(name), "a runtime itself reports under " + name);
    assertEquals(name, provider.name());
    assertEquals(name, provider().name());
  }

  @Test
  @DisplayName("the options are always the same")
  void options_areGivenAndStay() {
    HealthCheckProvider provider = provider();

    assertNotNull(provider.options());
    assertEquals(provider.options(), provider.options());
    assertEquals(provider.options(), provider().options());
  }

  @Test
  @DisplayName("a check ends within its timeout, repeatedly, on any thread")
  void check_isOverWithinItsTimeout() throws Exception {
    HealthCheckProvider provider = provider();
    try (Attached runtime = Attached.of(builder())) {
      HealthCheck check = provider.create(runtime.context());
      for (int i = 0; i < 3; i++) {
        assertOver(check, provider.options().timeout(), false);
      }
    }
  }

  @Test
  @DisplayName("an interrupted check ends within its timeout")
  void check_interrupted_isOver() throws Exception {
    HealthCheckProvider provider = provider();
    try (Attached runtime = Attached.of(builder())) {
      assertOver(provider.create(runtime.context()), provider.options().timeout(), true);
    }
  }

  @Test
  @DisplayName("one provider serves two runtimes; closing one does not end the other's check")
  void create_forTwoRuntimes_servesBoth() throws Exception {
    HealthCheckProvider provider = provider();
    Duration timeout = provider.options().timeout();
    try (Attached staying = Attached.of(builder())) {
      HealthCheck check = provider.create(staying.context());
      try (Attached closed = Attached.of(builder())) {
        assertOver(provider.create(closed.context()), timeout, false);
      }

      assertOver(check, timeout, false);
    }
  }

  /** The check may throw an exception, which counts as unhealthy, but no Error, and must not return null. */
  private static void assertOver(HealthCheck check, Duration timeout, boolean interrupted)
      throws Exception {
    FutureTask<HealthResult> running = new FutureTask<>(() -> {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      return check.check();
    });
    Thread thread = new Thread(running, "contract-check");
    thread.setDaemon(true);
    thread.start();
    try {
      assertNotNull(
          running.get(timeout.toNanos(), TimeUnit.NANOSECONDS), "the check returned null");
    } catch (TimeoutException e) {
      throw new AssertionError("the check did not end within its timeout of " + timeout, e);
    } catch (ExecutionException e) {
      assertInstanceOf(Exception.class, e.getCause(), "what the check threw");
    }
  }

  /** A runtime as a plug-in sees it. */
  private record Attached(Resilience resilience, ResilienceContext context)
      implements AutoCloseable {
    static Attached of(ResilienceBuilder builder) {
      List<ResilienceContext> attached = new ArrayList<>();
      Resilience resilience = builder
          .extension(context -> {
            attached.add(context);
            return () -> {};
          })
          .build();
      return new Attached(resilience, attached.get(0));
    }

    @Override
    public void close() {
      resilience.close();
    }
  }
}
