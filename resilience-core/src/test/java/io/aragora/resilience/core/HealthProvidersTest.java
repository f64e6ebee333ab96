package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.HealthCheckProvider;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.core.persistence.RecordedLog;
import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.internal.runtime.ResilienceSettings;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Checks of plug-ins, as they are passed to the runtime. The consumer projects test how they are
 * found.
 */
class HealthProvidersTest {

  private record Provider(String name, Function<ResilienceContext, HealthCheck> checks)
      implements HealthCheckProvider {
    @Override
    public HealthCheck create(ResilienceContext context) {
      return checks.apply(context);
    }

    @Override
    public HealthCheckOptions options() {
      return HealthCheckOptions.defaults().in(HealthGroup.STARTUP);
    }
  }

  private static Resilience runtime(HealthCheckProvider... providers) {
    return new CoreResilienceProvider()
        .create(new ResilienceSettings(
            "test",
            ManualTime.create(),
            null,
            10,
            Duration.ofHours(1),
            null,
            null,
            false,
            null,
            Map.of(HealthCheckProvider.class, List.of(providers)),
            Map.of("limit", "5"),
            null,
            null,
            Map.of(),
            null));
  }

  @Test
  void aProvider_seesTheRuntimeAndItsProperties_andIsRunWithItsOptions() {
    try (Resilience resilience = runtime(new Provider(
        "limit",
        context -> () -> HealthResult.healthy()
            .withDetails(Map.of(
                "runtime", context.resilience().name(),
                "limit", context.property("limit").orElse("none")))))) {
      assertThat(resilience.health().check(HealthGroup.READINESS).checks()).isEmpty();
      assertThat(resilience
              .health()
              .check(HealthGroup.STARTUP)
              .checks()
              .get("limit")
              .details())
          .containsOnly(Map.entry("runtime", "test"), Map.entry("limit", "5"));
    }
  }

  @Test
  void aProviderThatFails_isSkipped() {
    try (RecordedLog log = RecordedLog.of(Extensions.class);
        Resilience resilience = runtime(
            new Provider("throws", context -> {
              throw new IllegalStateException("not here");
            }),
            new Provider("misses a class", context -> {
              throw new NoClassDefFoundError("com/example/Driver");
            }),
            new Provider("good", context -> HealthResult::healthy),
            new Provider("good", context -> HealthResult::healthy),
            new Provider(" ", context -> HealthResult::healthy))) {
      assertThat(resilience.health().names()).containsExactly("good");
      assertThat(log.messages())
          .hasSize(4)
          .allMatch(line -> line.equals("WARNING health check of " + Provider.class.getName()
              + " was not added; the runtime starts without it"));
    }
  }

  @Test
  void aCheck_isRemovedWhenTheRuntimeIsClosed() {
    Resilience resilience = runtime(new Provider("good", context -> HealthResult::healthy));
    assertThat(resilience.health().names()).containsExactly("good");
    resilience.close();
    assertThat(resilience.health().names()).isEmpty();
  }
}
