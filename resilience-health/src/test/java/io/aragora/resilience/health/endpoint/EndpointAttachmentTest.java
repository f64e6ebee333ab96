package io.aragora.resilience.health.endpoint;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.EndpointContribution;
import io.aragora.resilience.ResilienceContext;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When and where an endpoint listens, and which clients it serves. */
@Timeout(60)
class EndpointAttachmentTest extends EndpointFixture {
  @Test
  void attach_found_offWithoutAPort() throws Exception {
    endpoint = new HealthEndpoint();
    runtime.properties.put(HealthEndpoint.DETAILS, "not looked at");
    start();

    assertThatThrownBy(endpoint::uri)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the endpoint is not started");
  }

  @Test
  void attach_found_listensOnLoopbackOnceThereIsAPort() throws Exception {
    endpoint = new HealthEndpoint();
    runtime.properties.put(HealthEndpoint.PORT, "0");
    start();

    assertThat(endpoint.uri().getHost()).isEqualTo("127.0.0.1");
    assertThat(endpoint.uri().getPort()).isPositive();
    assertThat(get("/health").body()).isEqualTo("{\"status\":\"healthy\"}");
  }

  @Test
  void attach_found_takesHostAndDetailsFromProperties() throws Exception {
    endpoint = new HealthEndpoint();
    runtime.properties.put(HealthEndpoint.PORT, "0");
    runtime.properties.put(HealthEndpoint.HOST, "localhost");
    runtime.properties.put(HealthEndpoint.DETAILS, "true");
    start();

    assertThat(get("/health").body()).contains("\"checks\":{}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "resilience.endpoint.port|http|resilience.endpoint.port must be a number in [0, 65535]: http",
        "resilience.endpoint.port|65536|resilience.endpoint.port must be in [0, 65535]: 65536",
        "resilience.endpoint.port|-1|resilience.endpoint.port must be in [0, 65535]: -1",
        "resilience.endpoint.operatorToken|short|"
            + "resilience.endpoint.operatorToken must have 16 to 1000 characters: 5 characters",
        "resilience.endpoint.hosts|a b|"
            + "resilience.endpoint.hosts must be names without a port, or * for any: a b",
        "resilience.endpoint.details|yes|resilience.endpoint.details must be true or false: yes",
        "resilience.endpoint.host|not a host|"
            + "host (resilience.endpoint.host) must be an address or name of this machine: not a host"
      })
  void attach_badProperty_namesPropertyRuleAndValue(String line) {
    String[] parts = line.split("\\|");
    runtime.properties.put(HealthEndpoint.PORT, "0");
    runtime.properties.put(parts[0], parts[1]);

    assertThatThrownBy(() -> new HealthEndpoint().attach(runtime))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(parts[2]);
  }

  @Test
  void builder_badValue_namesSettingRuleAndValue() {
    HealthEndpoint.Builder builder = HealthEndpoint.builder();

    assertThatThrownBy(() -> builder.port(65_536))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("port must be in [0, 65535]: 65536");
    assertThatThrownBy(() -> builder.host(" "))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("host must not be blank");
  }

  @Test
  void attach_portTaken_saysWhichAndLeavesNothingBehind() throws Exception {
    start();
    HealthEndpoint second =
        HealthEndpoint.builder().port(endpoint.uri().getPort()).build();
    FakeRuntime other = new FakeRuntime("portTaken");

    assertThatThrownBy(() -> second.attach(other))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot listen at")
        .hasMessageContaining(Integer.toString(endpoint.uri().getPort()));
    assertThatThrownBy(second::uri).isInstanceOf(IllegalStateException.class);
    for (Thread ending : LiveThreads.named("portTaken-endpoint-")) {
      ending.join(10_000);
    }
    assertThat(LiveThreads.named("portTaken-endpoint-")).isEmpty();
  }

  @Test
  void attach_twice_namesTheRuntimeThatHasIt() throws Exception {
    start();

    assertThatThrownBy(() -> endpoint.attach(new FakeRuntime("bank")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this endpoint already serves the runtime shop: build one for each runtime");
    assertThat(get("/health").statusCode()).isEqualTo(200);
  }

  @Test
  void attach_afterClose_servesTheNextRuntime() throws Exception {
    start();
    AutoCloseable first = attached;
    first.close();
    attached = endpoint.attach(new FakeRuntime("bank"));

    first.close();

    assertThat(get("/health").statusCode()).isEqualTo(200);
  }

  @Test
  void attach_pageWaitsForAThreadThatAsksTheEndpoint_noDeadlock() throws Exception {
    List<Boolean> ended = new ArrayList<>();
    runtime.contributions.add(new EndpointContribution() {
      @Override
      public String path() {
        ended.add(CompletableFuture.supplyAsync(endpoint::uri)
            .handle((uri, notStarted) -> true)
            .completeOnTimeout(false, 10, SECONDS)
            .join());
        return "/prices";
      }

      @Override
      public String contentType() {
        return "text/plain";
      }

      @Override
      public void write(ResilienceContext context, OutputStream body) {}
    });

    start();

    assertThat(ended).isNotEmpty().doesNotContain(false);
  }

  @Test
  void attach_failed_canBeRepeated() throws Exception {
    endpoint = new HealthEndpoint();
    runtime.properties.put(HealthEndpoint.PORT, "0");
    runtime.properties.put(HealthEndpoint.HOST, "not a host");
    assertThatThrownBy(this::start).isInstanceOf(IllegalArgumentException.class);
    runtime.properties.remove(HealthEndpoint.HOST);

    start();

    assertThat(get("/health").statusCode()).isEqualTo(200);
  }
}
