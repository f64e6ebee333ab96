package io.aragora.resilience.health.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The pages of other modules. */
@Timeout(60)
class ContributionTest extends EndpointFixture {
  @Test
  void page_isServed() throws Exception {
    runtime.contributions.add(FakePage.of("/metrics", "calls 1\n"));
    start();

    HttpResponse<String> response = get("/metrics");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("calls 1\n");
    assertThat(response.headers().firstValue("Content-Type")).hasValue("text/plain; charset=utf-8");
    assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
    assertThat(send("HEAD", "/metrics").headers().firstValue("Content-Length")).hasValue("8");
    assertThat(send("POST", "/metrics").statusCode()).isEqualTo(405);
  }

  @Test
  void emptyPage_200WithoutBody() throws Exception {
    runtime.contributions.add(FakePage.of("/metrics", ""));
    start();

    HttpResponse<String> response = get("/metrics");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEmpty();
  }

  @Test
  void pathTakenOrBad_theFirstStays() throws Exception {
    runtime.contributions.add(FakePage.of("/health/live", "mine"));
    runtime.contributions.add(FakePage.of("/metrics", "first"));
    runtime.contributions.add(FakePage.of("/metrics", "second"));
    runtime.contributions.add(FakePage.of("metrics", "no slash"));
    runtime.contributions.add(FakePage.of(null, "no path"));
    start();

    assertThat(get("/health/live").body()).isEqualTo("{\"status\":\"healthy\"}");
    assertThat(get("/metrics").body()).isEqualTo("first");
  }

  @Test
  void page_failsAfterSomeBytes_500Only() throws Exception {
    runtime.contributions.add(new FakePage("/metrics", target -> {
      target.write('x');
      throw new NoClassDefFoundError("secret");
    }));
    start();

    HttpResponse<String> response = get("/metrics");

    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(response.body()).isEqualTo("{\"error\":\"internal error\"}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/events", "/control/mine"})
  void pathOfOurs_isLeftOut(String path) throws Exception {
    runtime.contributions.add(FakePage.of(path, "mine"));
    start();

    assertThat(RawHttp.ask(endpoint, "HEAD " + path, "", "Host: localhost"))
        .doesNotContain("text/plain");
    assertThat(RawHttp.ask(endpoint, "HEAD /control/mine", "", "Host: localhost"))
        .startsWith("HTTP/1.1 404");
  }
}
