package io.aragora.resilience.health.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ExposureTest extends EndpointFixture {
  private static final Map<String, String> PATHS = Map.of(
      "health", "/health/live",
      "page", "/",
      "events", "/events",
      "metrics", "/metrics",
      "own", "/own/page",
      "control", "/control/reset");

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "127.0.0.1; ; health page events metrics own control",
        "0.0.0.0; ; health",
        "127.0.0.1; health; health",
        "0.0.0.0; all; health page events metrics own control",
        "0.0.0.0; metrics; health metrics",
        "0.0.0.0; own/page, health; health own",
        "0.0.0.0; page; health page events",
        "0.0.0.0; events; health events",
        "0.0.0.0; control; health control"
      })
  void exposed_answersAndNothingElse(String host, String expose, String answered) throws Exception {
    endpoint = new HealthEndpoint();
    runtime.contributions.add(FakePage.of("/metrics", "calls 1\n"));
    runtime.contributions.add(FakePage.of("/own/page", "mine"));
    runtime.properties.put(HealthEndpoint.PORT, "0");
    runtime.properties.put(HealthEndpoint.HOST, host);
    runtime.properties.put(HealthEndpoint.OPERATOR_TOKEN, "0123456789abcdef");
    if (expose != null) {
      runtime.properties.put(HealthEndpoint.EXPOSE, expose);
    }
    start();

    Map<String, Boolean> found = new TreeMap<>();
    for (Map.Entry<String, String> path : PATHS.entrySet()) {
      String answer = RawHttp.ask(endpoint, "HEAD " + path.getValue(), "", "Host: localhost");
      found.put(path.getKey(), !answer.startsWith("HTTP/1.1 404"));
    }
    Map<String, Boolean> expected = new TreeMap<>();
    PATHS
        .keySet()
        .forEach(name -> expected.put(name, List.of(answered.split(" ")).contains(name)));
    assertThat(found).isEqualTo(expected);
  }

  @Test
  void builder_isTheSame() throws Exception {
    endpoint = HealthEndpoint.builder().host("0.0.0.0").expose("page").build();
    start();

    assertThat(get("/").statusCode()).isEqualTo(200);
    assertThat(get("/control/reset").statusCode()).isEqualTo(404);
  }

  @Test
  void pageThatIsNotExposed_isNotCalled() throws Exception {
    endpoint = HealthEndpoint.builder().host("0.0.0.0").build();
    runtime.contributions.add(new FakePage("/metrics", target -> {
      throw new AssertionError("called");
    }));
    start();

    assertThat(get("/metrics").statusCode()).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/metrics", "page,,events", "pa ge", "*", "metrics/", "p\u00e4ge"})
  void badName_namesSettingRuleAndValue(String value) {
    runtime.properties.put(HealthEndpoint.PORT, "0");
    runtime.properties.put(HealthEndpoint.EXPOSE, value);

    assertThatThrownBy(() -> new HealthEndpoint().attach(runtime))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("resilience.endpoint.expose must contain only health, page,");
    assertThatThrownBy(() -> HealthEndpoint.builder().expose(value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("expose must contain only health, page,");
  }

  @Test
  void tooManyNames_noName() {
    assertThatThrownBy(() -> Exposure.names("expose", "a,".repeat(100) + "a"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expose must be at most 100 names: 101");
    assertThatThrownBy(() -> HealthEndpoint.builder().expose())
        .isInstanceOf(IllegalArgumentException.class);
  }
}
