package io.aragora.resilience.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryConfig;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.AccessDeniedException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryPresetsTest {
  private static boolean isRetried(RetryConfig config, Throwable failure) {
    Predicate<? super Throwable> abort = config.abortIf();
    return config.retryIf().test(failure) && (abort == null || !abort.test(failure));
  }

  @ParameterizedTest
  @Tag("RT-17")
  @Tag("RT-29")
  @Tag("fault-37")
  @DisplayName("presets state attempts, one more than the retries of the reference")
  @CsvSource({
    "anthropic, 4, 2000, 120, 0.3",
    "openai, 5, 1000, 60, 0.25",
    "mistral, 4, 1000, 60, 0.25",
    "grok, 4, 1500, 90, 0.3",
    "openrouter, 5, 1500, 120, 0.3",
    "gemini, 4, 1000, 60, 0.25",
    "knowledge_mound, 4, 500, 30, 0.2",
    "control_plane, 4, 500, 30, 0.2",
    "memory, 4, 300, 15, 0.2",
    "slack, 4, 1000, 30, 0.25",
    "discord, 4, 1000, 30, 0.25",
    "teams, 4, 1000, 30, 0.25",
    "github_cli, 4, 1000, 60, 0.25"
  })
  void presets_haveAttempts(
      String name, int attempts, int baseMillis, int capSeconds, double factor) {
    RetryConfig preset = RetryPresets.named(" " + name.toUpperCase(java.util.Locale.ROOT));
    assertThat(preset).isSameAs(RetryPresets.all().get(name));
    assertThat(preset.maxAttempts()).isEqualTo(attempts);
    assertThat(preset.backoff())
        .hasToString("exponential(base=" + Duration.ofMillis(baseMillis) + ", cap="
            + Duration.ofSeconds(capSeconds) + ", jitter=multiplicative " + factor + ")");
    assertThat(isRetried(preset, new ConnectException("refused"))).isTrue();
    assertThat(isRetried(preset, new TimeoutException())).isTrue();
    assertThat(isRetried(preset, new IllegalStateException("Error 429: slow down")))
        .isTrue();
    assertThat(isRetried(preset, new IllegalStateException("HTTP 503"))).isTrue();
    assertThat(isRetried(preset, new IllegalStateException("bad argument"))).isFalse();
  }

  @Test
  @Tag("RT-17")
  @DisplayName("there are thirteen presets")
  void presets_areThirteen() {
    assertThat(RetryPresets.all()).hasSize(13);
  }

  @ParameterizedTest
  @Tag("fault-38")
  @DisplayName("a status that a retry cannot repair ends the call")
  @ValueSource(ints = {400, 401, 403, 404, 422})
  void status_permanent_endsTheCall(int status) {
    IOException failure = new IOException("HTTP " + status + ", see rule 500 of the manual");
    assertThat(isRetried(RetryPresets.named("openai"), failure)).isFalse();
    assertThat(isRetried(RetryPresets.named("memory"), failure))
        .as("not remote")
        .isTrue();
  }

  @Test
  @Tag("RT-18")
  @Tag("fault-44")
  @DisplayName("a copy changes the overridden settings only")
  void copy_changesOverriddenSettingsOnly() {
    RetryConfig openai = RetryPresets.named("openai");
    RetryConfig changed = openai.toBuilder().maxAttempts(10).build();
    assertThat(changed.maxAttempts()).isEqualTo(10);
    assertThat(changed.backoff()).isSameAs(openai.backoff());
    assertThat(changed.retryIf()).isSameAs(openai.retryIf());
    assertThat(changed.abortIf()).isSameAs(openai.abortIf());
    assertThat(openai.maxAttempts()).isEqualTo(5);
    RetryConfig unknown = RetryPresets.named("unknown");
    assertThat(unknown.maxAttempts()).isEqualTo(4);
    assertThat(unknown.backoff()).asString().contains("base=PT1S, cap=PT1M");
    assertThat(isRetried(unknown, new IllegalStateException("429"))).isFalse();
  }

  @Test
  @Tag("RT-19")
  @DisplayName("the preset of a provider has the settings of the reference's factory")
  void forProvider_hasItsSettings() {
    RetryConfig made = RetryPresets.createProviderConfig();
    assertThat(made.maxAttempts()).isEqualTo(4);
    assertThat(made.backoff())
        .hasToString("exponential(base=PT1S, cap=PT1M, jitter=multiplicative 0.25)");
    assertThat(isRetried(made, new IllegalStateException("quota exceeded"))).isTrue();
    assertThat(isRetried(made, new ConnectException())).isTrue();
  }

  @Test
  @Tag("RT-02")
  @DisplayName("the default is three attempts; a preset has the four of the reference")
  void defaults_haveThreeAttempts() {
    RetryConfig defaults = RetryConfig.defaults();
    assertThat(defaults.maxAttempts()).isEqualTo(3);
    assertThat(defaults.backoff())
        .hasToString("exponential(base=PT0.1S, cap=PT30S, jitter=multiplicative 0.25)");
    assertThat(defaults.retryResultIf()).isNull();
    assertThat(defaults.abortIf()).isNull();
    assertThat(defaults.retryAfter()).isNull();
    assertThat(defaults.budget()).isNull();
    RetryConfig reference = RetryPresets.withRetry();
    assertThat(reference.maxAttempts()).isEqualTo(4);
    assertThat(reference.backoff()).hasToString(defaults.backoff().toString());
  }

  @Test
  @Tag("RT-03")
  @DisplayName(
      "jitter on is multiplicative, jitter off is none; there is no boolean to confuse with a "
          + "kind")
  void jitter_onIsMultiplicative_offIsNone() {
    assertThat(RetryConfig.defaults().backoff()).asString().contains("multiplicative");
    assertThat(RetryConfig.defaults().backoff().withJitter(Jitter.NONE))
        .asString()
        .contains("jitter=none");
  }

  @Test
  @Tag("RT-34")
  @Tag("fault-40")
  @DisplayName("the setter rejects an invalid count with setting, rule and value")
  void setter_invalidCount_isRejected() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryConfig.builder().maxAttempts(0))
        .withMessage("maxAttempts must be at least 1: 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryConfig.builder().maxAttempts(-1))
        .withMessage("maxAttempts must be at least 1: -1");
  }

  @Test
  @Tag("RT-11")
  @Tag("RT-16")
  @Tag("RT-31")
  @Tag("fault-43")
  @DisplayName("transient failures are told from others")
  void failure_transient_isRetried() {
    Predicate<Throwable> isTransient = RetryConfig.transientFailures();
    assertThat(isTransient.test(new ConnectException())).isTrue();
    assertThat(isTransient.test(new IOException())).isTrue();
    assertThat(isTransient.test(new TimeoutException())).isTrue();
    assertThat(isTransient.test(new CallNotPermittedException(
            "b", CircuitBreakerState.OPEN, TransitionCause.FAILURE_THRESHOLD, 0)))
        .as("asked about with retryRejections only")
        .isTrue();
    assertThat(isTransient.test(new IllegalArgumentException())).isFalse();
    assertThat(isTransient.test(new RuntimeException())).isFalse();
    assertThat(isTransient.test(new FileNotFoundException())).isFalse();
    assertThat(isTransient.test(new AccessDeniedException("f"))).isFalse();
  }

  @ParameterizedTest
  @Tag("RT-14")
  @Tag("fault-43")
  @DisplayName("texts that name a rate limit are recognized")
  @CsvSource({
    "Rate limit exceeded, true",
    "rate_limit_error, true",
    "You hit the ratelimit; rate is limited, true",
    "Error 429 occurred, true",
    "Too Many Requests, true",
    "Quota exceeded, true",
    "Connection refused, false",
    "'', false",
    "rate of change, false",
    "deliberately unlimited, false",
    "1429 rows, false"
  })
  void text_thatNamesARateLimit_isRetried(String message, boolean expected) {
    assertThat(FailureText.namesRateLimit().test(new RuntimeException(message)))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @Tag("RT-15")
  @Tag("RT-16")
  @Tag("fault-43")
  @DisplayName("texts that name a server error are recognized")
  @CsvSource({
    "HTTP 500, true",
    "502 Bad Gateway, true",
    "status=503, true",
    "(504), true",
    "400, false",
    "404 Not Found, false",
    "processed 1500 rows, false",
    "nothing, false"
  })
  void text_thatNamesAServerError_isRetried(String message, boolean expected) {
    assertThat(FailureText.namesServerError().test(new RuntimeException(message)))
        .isEqualTo(expected);
  }

  @Test
  void noText_namesNothing_andLongOnesAreReadToABound() {
    assertThat(FailureText.namesRateLimit().test(new RuntimeException())).isFalse();
    assertThat(FailureText.namesStatus(Set.of(404))
            .test(new RuntimeException("x ".repeat(1000) + "404")))
        .isFalse();
  }
}
