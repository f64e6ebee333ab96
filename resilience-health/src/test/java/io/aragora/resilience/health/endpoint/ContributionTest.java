package io.aragora.resilience.health.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.EndpointContribution;
import io.aragora.resilience.ResilienceContext;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
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

  /** Another module, whose class the log has to tell from that of {@link FakePage}. */
  private static final class OtherPage implements EndpointContribution {
    @Override
    public String path() {
      return "/metrics";
    }

    @Override
    public String contentType() {
      return "text/plain";
    }

    @Override
    public void write(ResilienceContext context, OutputStream body) {}
  }

  private List<String> logOfStart() throws Exception {
    List<String> lines = new CopyOnWriteArrayList<>();
    Logger log = Logger.getLogger(Pages.class.getName());
    Handler recording = new Handler() {
      @Override
      public void publish(LogRecord line) {
        lines.add(line.getLevel() + " " + new SimpleFormatter().formatMessage(line));
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
    log.addHandler(recording);
    try {
      start();
    } finally {
      log.removeHandler(recording);
    }
    return lines;
  }

  @ParameterizedTest
  @ValueSource(strings = {"all", "health"})
  void twoPagesOfOnePath_theLogNamesBothAndThePath(String exposed) throws Exception {
    endpoint = HealthEndpoint.builder().expose(exposed).build();
    runtime.contributions.add(FakePage.of("/metrics", "first"));
    runtime.contributions.add(new OtherPage());

    assertThat(logOfStart())
        .containsExactly("WARNING skipped the page of " + OtherPage.class.getName() + ": "
            + FakePage.class.getName() + " contributes the path /metrics, too, and was found first."
            + " Remove one of the two, or change its path");
  }

  @Test
  void pathOfTheEndpoint_theLogNamesItsPageAndThePath() throws Exception {
    runtime.contributions.add(FakePage.of("/health/live", "mine"));

    assertThat(logOfStart())
        .containsExactly("WARNING skipped the page of " + FakePage.class.getName()
            + ": the endpoint itself serves the path /health/live. Change the path");
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
