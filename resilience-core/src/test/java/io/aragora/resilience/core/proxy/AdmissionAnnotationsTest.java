package io.aragora.resilience.core.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.annotation.WithBulkhead;
import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.annotation.WithTimeout;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.bulkhead.BulkheadFullException;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Bulkheads by annotation. */
class AdmissionAnnotationsTest extends ProxyFixture {
  interface Shop {
    @WithTimeout("1s")
    @WithBulkhead("db")
    @WithRetry
    @WithCircuitBreaker
    String all();

    @WithBulkhead(value = "few", maxConcurrentCalls = 1)
    String few(Supplier<String> body);

    @WithBulkhead(maxWait = "200ms")
    String patient();
  }

  private static final class Target implements Shop {
    @Override
    public String all() {
      return "all";
    }

    @Override
    public String few(Supplier<String> body) {
      return body.get();
    }

    @Override
    public String patient() {
      return "patient";
    }
  }

  private Policy policyOf(String name) {
    for (Method method : Shop.class.getMethods()) {
      if (method.getName().equals(name)) {
        return resilience.policyFor(method, Target.class).orElseThrow().policy();
      }
    }
    throw new IllegalArgumentException(name);
  }

  @Test
  @Tag("BH-27")
  @DisplayName("the order is breaker, retry, bulkhead, timeout, whatever that of the annotations")
  void order_isFixed() {
    Pipeline pipeline = (Pipeline) policyOf("all");
    assertThat(pipeline.policies())
        .extracting(Policy::name)
        .containsExactly(
            Shop.class.getName() + ".all",
            Shop.class.getName() + ".all",
            "db",
            Shop.class.getName() + ".all");
    assertThat(pipeline.policies().get(2)).isInstanceOf(Bulkhead.class);
    assertThat(pipeline.warnings()).isEmpty();
    assertThat(proxy(Shop.class, new Target()).all()).isEqualTo("all");
  }

  @Test
  @Tag("BH-27")
  @DisplayName("a bulkhead with a name alone is the one that is declared elsewhere")
  void bulkhead_byName_isTheDeclaredOne() {
    Bulkhead db = resilience.bulkhead("db", BulkheadConfig.of(7));
    assertThat(((Pipeline) policyOf("all")).policies()).contains(db);
  }

  @Test
  @Tag("BH-27")
  @DisplayName("the elements declare a bulkhead")
  void bulkhead_ofElements_isDeclared() {
    Shop shop = proxy(Shop.class, new Target());
    assertThat(((Bulkhead) policyOf("few")).config().maxConcurrentCalls()).isEqualTo(1);
    BulkheadConfig patient = ((Bulkhead) policyOf("patient")).config();
    assertThat(patient.maxConcurrentCalls()).isEqualTo(25);
    assertThat(patient.maxWait()).isEqualTo(Duration.ofMillis(200));
    assertThatThrownBy(() -> shop.few(() -> shop.few(() -> "inner")))
        .isInstanceOf(BulkheadFullException.class);
    assertThat(shop.few(() -> "outer")).isEqualTo("outer");
    assertThatThrownBy(() -> resilience.bulkhead("few", BulkheadConfig.of(2)))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("@WithBulkhead of");
  }
}
