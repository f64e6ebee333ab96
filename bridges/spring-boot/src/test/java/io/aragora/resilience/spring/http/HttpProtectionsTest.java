package io.aragora.resilience.spring.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.spring.http.HttpClientProperties.Client;
import io.aragora.resilience.spring.http.HttpClientProperties.PolicyKind;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HttpProtectionsTest {
  @Test
  void of_hostWithUnderscore_isTheProtectionThatListsIt() {
    try (Resilience resilience = Resilience.builder().build()) {
      Client prices = new Client(
          List.of("prices_service"), Set.of(PolicyKind.CIRCUITBREAKER), null, false, 1000);
      HttpProtections protections =
          new HttpProtections(resilience, new HttpClientProperties(true, Map.of("prices", prices)));

      assertThat(protections.of(URI.create("http://prices_service:8080/")).name())
          .isEqualTo("prices");
      assertThat(protections.of(URI.create("http://stock_service:8080/")).name())
          .isEqualTo("http");
    }
  }
}
