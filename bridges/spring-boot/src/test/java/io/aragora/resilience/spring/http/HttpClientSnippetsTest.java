package io.aragora.resilience.spring.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.reference.RetryPresets;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.client.RestClient;

/** The code of docs/spring-boot.md about HTTP clients. */
class HttpClientSnippetsTest {
  @Test
  void restClient_serverFails_isRetried() throws Exception {
    try (ScriptedServer scripted = new ScriptedServer().answers(503);
        Resilience resilience = Resilience.builder()
            .timeSource(ManualTime.create().autoAdvance(true))
            .build()) {
      String server = scripted.url();
      // readme: spring rest client
      HttpProtection payments = HttpProtection.builder(resilience)
          .name("payments")
          .retry(RetryPresets.http().toBuilder().maxAttempts(2).build())
          .timeout(resilience.timeout("payments", Duration.ofSeconds(2)))
          .build();
      RestClient client = RestClient.builder()
          .baseUrl(server)
          .requestFactory(new ResilientRequestFactory(new JdkClientHttpRequestFactory(), payments))
          .build();
      String balance = client.get().uri("/balance").retrieve().body(String.class);
      // end
      assertThat(balance).isEqualTo("ok");
      assertThat(scripted.requests()).hasSize(2);
    }
  }
}
