package io.aragora.resilience.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.aragora.resilience.MethodPolicy;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.annotation.WithFallback;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.testing.ManualTime;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // a scope is only closed
class SpanEventsTest {
  private final ManualTime time = ManualTime.create().autoAdvance(true);
  private final Resilience resilience =
      Resilience.builder().name("shop").timeSource(time).build();
  private final InMemorySpanExporter spans = InMemorySpanExporter.create();
  private final SdkTracerProvider provider = SdkTracerProvider.builder()
      .addSpanProcessor(SimpleSpanProcessor.create(spans))
      .build();
  private final Tracer tracer = provider.get("test");

  @AfterEach
  void close() {
    resilience.close();
    provider.close();
  }

  private Pipeline observed(Policy policy) {
    return resilience.observed(policy, SpanEvents.onCurrentSpan());
  }

  private Policy retrying() {
    return resilience
        .unregistered()
        .pipelineBuilder("prices")
        .add(resilience.retry(
            "r",
            c -> c.maxAttempts(2)
                .backoff(Backoff.constant(Duration.ofMillis(10)).withJitter(Jitter.NONE))))
        .add(resilience.circuitBreaker("b", c -> c.failureThreshold(2)))
        .add(resilience.timeout("t", Duration.ofSeconds(1)))
        .build();
  }

  /** Runs a step inside a span, and returns the span. */
  private SpanData inSpan(Runnable step) {
    Span span = tracer.spanBuilder("call").startSpan();
    try (Scope ignored = span.makeCurrent()) {
      step.run();
    }
    span.end();
    List<SpanData> all = spans.getFinishedSpanItems();
    return all.get(all.size() - 1);
  }

  private static List<String> names(SpanData span) {
    return span.getEvents().stream().map(EventData::getName).toList();
  }

  private static Object attribute(SpanData span, int event, String name) {
    return span.getEvents().get(event).getAttributes().asMap().entrySet().stream()
        .filter(each -> each.getKey().getKey().equals(name))
        .findFirst()
        .orElseThrow()
        .getValue();
  }

  @Test
  void call_succeeds_noEvents() {
    SpanData span = inSpan(() -> observed(retrying()).run(() -> {}));

    assertThat(span.getEvents()).isEmpty();
  }

  @Test
  void call_retriedThenRejected_eventsWithTheirAttributes() {
    Pipeline prices = observed(retrying());
    SpanData failed = inSpan(() -> assertThatThrownBy(() -> prices.run(() -> {
          throw new IOException("down");
        }))
        .isInstanceOf(IOException.class));

    assertThat(names(failed)).containsExactly("resilience.retry", "resilience.retry.given_up");
    assertThat(failed.getEvents().get(0).getAttributes().asMap())
        .containsOnly(
            java.util.Map.entry(AttributeKey.stringKey("resilience.policy.name"), "r"),
            java.util.Map.entry(AttributeKey.longKey("resilience.retry.attempt"), 1L),
            java.util.Map.entry(AttributeKey.doubleKey("resilience.retry.delay"), 0.01),
            java.util.Map.entry(AttributeKey.stringKey("error.type"), "java.io.IOException"));
    assertThat(attribute(failed, 1, "resilience.retry.reason")).isEqualTo("exhausted");
    assertThat(failed.getStatus())
        .as("the span is the application's")
        .isEqualTo(StatusData.unset());

    SpanData rejected =
        inSpan(() -> assertThatThrownBy(() -> prices.run(() -> {})).isNotNull());
    assertThat(names(rejected)).containsExactly("resilience.rejected");
    assertThat(attribute(rejected, 0, "resilience.policy.kind")).isEqualTo("circuitbreaker");
    assertThat(attribute(rejected, 0, "resilience.policy.name")).isEqualTo("b");
  }

  @Test
  void callAsync_timesOutAfterTheScopeEnded_eventOnTheSpanOfTheCall() {
    Pipeline limited = observed(resilience.timeout("t", Duration.ofSeconds(1)));
    Span span = tracer.spanBuilder("call").startSpan();
    CompletableFuture<String> call;
    try (Scope ignored = span.makeCurrent()) {
      call = limited.callAsync(CompletableFuture::new);
    }

    time.advance(Duration.ofSeconds(2));
    assertThat(call).isCompletedExceptionally();
    span.end();

    SpanData ended = spans.getFinishedSpanItems().get(0);
    assertThat(names(ended)).containsExactly("resilience.timeout");
    assertThat((double) attribute(ended, 0, "resilience.timeout.elapsed"))
        .isGreaterThanOrEqualTo(1);
    assertThat(attribute(ended, 0, "resilience.policy.name")).isEqualTo("t");
  }

  @Test
  void callAsync_hedged_eventBeforeTheHedge() {
    Pipeline hedged = observed(resilience.hedge("h", c -> c.delay(Duration.ofMillis(50))));

    SpanData span = inSpan(() -> {
      CompletableFuture<String> call =
          hedged.callAsync(() -> CallContext.current().isHedge()
              ? CompletableFuture.completedFuture("x")
              : new CompletableFuture<>());
      time.advance(Duration.ofMillis(60));
      assertThat(call).isCompletedWithValue("x");
    });

    assertThat(names(span)).containsExactly("resilience.hedge");
    assertThat(attribute(span, 0, "resilience.hedge.number")).isEqualTo(1L);
    assertThat(attribute(span, 0, "resilience.policy.name")).isEqualTo("h");
  }

  @Test
  void spanThatEndedBefore_eventsAreDropped() {
    Pipeline limited = observed(resilience.timeout("t", Duration.ofSeconds(1)));
    SpanData span =
        inSpan(() -> assertThat(limited.callAsync(CompletableFuture::new)).isNotDone());

    time.advance(Duration.ofSeconds(2));

    assertThat(span.getEvents()).isEmpty();
  }

  public static class Prices {
    @WithRetry(maxAttempts = 2, delay = "10ms", jitter = "none")
    @WithFallback("old")
    public String price(String item) throws IOException {
      throw new IOException("no " + item);
    }

    public String old(String item) {
      return "old " + item;
    }
  }

  @Test
  void annotatedMethod_fallback_isAnEvent() throws Exception {
    Prices prices = new Prices();
    MethodPolicy policy = resilience
        .policies()
        .forMethod(
            Prices.class.getMethod("price", String.class), Prices.class, MethodHandles.lookup())
        .orElseThrow();

    SpanData span = inSpan(() -> {
      try {
        assertThat(policy.call(
                prices,
                new Object[] {"apples"},
                () -> prices.price("apples"),
                SpanEvents.onCurrentSpan().get()))
            .isEqualTo("old apples");
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
    });

    assertThat(names(span))
        .containsExactly("resilience.retry", "resilience.retry.given_up", "resilience.fallback");
    assertThat(attribute(span, 2, "error.type")).isEqualTo("java.io.IOException");
  }

  @Test
  void noSpan_orOneThatDoesNotRecord_noObserver() {
    assertThat(SpanEvents.onCurrentSpan().get()).isNull();

    SdkTracerProvider never =
        SdkTracerProvider.builder().setSampler(Sampler.alwaysOff()).build();
    Span dropped = never.get("test").spanBuilder("x").startSpan();
    try (Scope ignored = dropped.makeCurrent()) {
      assertThat(SpanEvents.onCurrentSpan().get()).isNull();
    }
    never.close();
  }

  @Test
  void noSpan_callAllocatesNothingMore() {
    Policy prices = retrying();
    Pipeline unobserved = resilience.observed(prices, () -> null);
    Pipeline observed = observed(prices);
    allocated(unobserved);
    allocated(observed);

    long floor = allocated(unobserved);

    assertThat(allocated(observed) - floor)
        .as("bytes of 1000 calls, beside %s", floor)
        .isLessThan(1000);
  }

  private static long allocated(Policy policy) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 1000; i++) {
      policy.run(() -> {});
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }
}
