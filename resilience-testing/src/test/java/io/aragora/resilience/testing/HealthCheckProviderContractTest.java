package io.aragora.resilience.testing;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.HealthCheckProvider;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthResult;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HealthCheckProviderContractTest {
  static Set<String> reservedNames() {
    return HealthRegistry.RESERVED_NAMES;
  }

  @ParameterizedTest
  @MethodSource("reservedNames")
  void name_reserved_failsTheSuite(String name) {
    HealthCheckProviderContract suite = new HealthCheckProviderContract() {
      @Override
      protected HealthCheckProvider provider() {
        return new Named(name);
      }
    };

    assertThatThrownBy(suite::name_isWellFormedAndStays)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("a runtime itself reports under " + name);
  }

  private record Named(String name) implements HealthCheckProvider {
    @Override
    public HealthCheck create(ResilienceContext context) {
      return HealthResult::healthy;
    }
  }
}
