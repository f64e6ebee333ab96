package io.aragora.resilience.core.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Retries, timeouts and pipelines; {@link BreakerSettingsTest} covers what they share with
 * breakers.
 */
class RuntimeSettingsTest {
  private static final RetryConfig CODE = RetryConfig.builder()
      .maxAttempts(5)
      .backoff(Backoff.linear(Duration.ofMillis(200))
          .cappedAt(Duration.ofSeconds(2))
          .withJitter(Jitter.FULL))
      .build();

  private final Map<String, String> properties = new HashMap<>();
  private final Map<String, String> environment = new HashMap<>();
  private final List<String> warnings = new ArrayList<>();

  @TempDir
  private Path folder;

  private RuntimeSettings settings(Map<String, String> config) {
    return settings(List.of(ConfigSource.ofMap(config)));
  }

  private RuntimeSettings settings(List<ConfigSource> sources) {
    return new RuntimeSettings(
        sources, new MapSurroundings(properties, environment), new HeardWarnings(warnings));
  }

  private Path write(String... lines) throws IOException {
    return Files.writeString(folder.resolve("r.properties"), String.join("\n", lines));
  }

  @Test
  void everySettingOfARetry_isTaken() {
    RetryConfig config = settings(Map.of(
            "resilience.retry.prices.maxAttempts", "7",
            "resilience.retry.prices.backoff", "Fibonacci",
            "resilience.retry.prices.delay", "50ms",
            "resilience.retry.prices.maxDelay", "1s",
            "resilience.retry.prices.jitter", "additive",
            "resilience.retry.prices.jitterFactor", "0.5",
            "resilience.retry.prices.maxDuration", "10s",
            "resilience.retry.prices.failOnRetryableResult", "true",
            "resilience.retry.prices.retryRejections", "true",
            "resilience.retry.prices.retryWhenNested", "TRUE"))
        .retry("prices", CODE);
    assertThat(config)
        .hasToString("maxAttempts=7, backoff=fibonacci(base=PT0.05S, cap=PT1S,"
            + " jitter=additive 0.5), maxDuration=PT10S, budget=none,"
            + " failOnRetryableResult=true, retryRejections=true,"
            + " retryInterrupted=false, retryCancelled=false, retryWhenNested=true");
  }

  @Test
  void eachPartOfABackoff_isTakenByItself() {
    assertThat(backoff("delay", "1s")).isEqualTo("linear(base=PT1S, cap=PT2S, jitter=full 0.25)");
    assertThat(backoff("delay", "5s")).isEqualTo("linear(base=PT5S, cap=PT5S, jitter=full 0.25)");
    assertThat(backoff("backoff", "constant"))
        .isEqualTo("constant(base=PT0.2S, cap=PT2S, jitter=full 0.25)");
    assertThat(backoff("maxDelay", "3s"))
        .isEqualTo("linear(base=PT0.2S, cap=PT3S, jitter=full 0.25)");
    assertThat(backoff("jitter", "none"))
        .isEqualTo("linear(base=PT0.2S, cap=PT2S, jitter=none 0.25)");
    assertThat(backoff("jitterFactor", "0.1"))
        .isEqualTo("linear(base=PT0.2S, cap=PT2S, jitter=full 0.1)");
    assertThat(backoff("jitterAmount", "200ms"))
        .isEqualTo("linear(base=PT0.2S, cap=PT2S, jitter=absolute PT0.2S)");
    assertThat(backoff("backoff", "exponential"))
        .isEqualTo("exponential(base=PT0.2S, cap=PT2S, jitter=full 0.25)");
    assertThat(backoff("maxAttempts", "2")).isEqualTo(CODE.backoff().toString());
  }

  private String backoff(String setting, String value) {
    return settings(Map.of("resilience.retry." + setting, value))
        .retry("r", CODE)
        .backoff()
        .toString();
  }

  @Test
  void factorOfABackoff_isTakenByItself() {
    RetryConfig code = CODE.toBuilder()
        .backoff(Backoff.exponential(Duration.ofSeconds(1), 3).withJitter(Duration.ofMillis(50)))
        .build();
    assertThat(settings(Map.of("resilience.retry.delay", "2s")).retry("r", code).backoff())
        .hasToString("exponential(base=PT2S, factor=3.0, cap=PT30S, jitter=absolute PT0.05S)");
    assertThat(settings(Map.of("resilience.retry.backoffFactor", "1.5"))
            .retry("r", code)
            .backoff())
        .hasToString("exponential(base=PT1S, factor=1.5, cap=PT30S, jitter=absolute PT0.05S)");
    assertThat(
            settings(Map.of("resilience.retry.jitter", "full")).retry("r", code).backoff())
        .hasToString("exponential(base=PT1S, factor=3.0, cap=PT30S, jitter=full 0.25)");
    assertThatThrownBy(
            () -> settings(Map.of("resilience.retry.backoffFactor", "3")).retry("r", CODE))
        .hasMessageContaining("backoffFactor must not be set unless backoff is exponential");
    assertThatThrownBy(
            () -> settings(Map.of("resilience.retry.jitter", "absolute")).retry("r", CODE))
        .hasMessageContaining("jitterAmount must be set if jitter is absolute");
  }

  @Test
  void functionsOfTheCode_stay() {
    RetryConfig code = CODE.toBuilder().retryIf(failure -> true).build();
    RetryConfig config = settings(Map.of("resilience.retry.maxAttempts", "2")).retry("r", code);
    assertThat(config.maxAttempts()).isEqualTo(2);
    assertThat(config.retryIf()).isSameAs(code.retryIf());
  }

  @Test
  void delayOfACustomBackoff_isAnErrorThatSaysWhatIsMissing() {
    RetryConfig code = CODE.toBuilder().backoff(Backoff.custom(retry -> 1)).build();
    RuntimeSettings settings = settings(Map.of("resilience.retry.r.delay", "1s"));
    assertThatThrownBy(() -> settings.retry("r", code))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll(
            "config: settings [resilience.retry.r.delay=1s]",
            "retry 'r'",
            "backoff must be set together with delay");
    assertThat(
            settings(Map.of("resilience.retry.delay", "1s", "resilience.retry.backoff", "linear"))
                .retry("r", code)
                .backoff()
                .strategy())
        .isEqualTo("linear");
    assertThat(settings(Map.of("resilience.retry.maxDelay", "1s"))
            .retry("r", code)
            .backoff()
            .capNanos())
        .isEqualTo(1_000_000_000L);
  }

  @Test
  void maxDurationOff_isNone() {
    RetryConfig code = CODE.toBuilder().maxDuration(Duration.ofSeconds(1)).build();
    assertThat(settings(Map.of("resilience.retry.maxDuration", "off"))
            .retry("r", code)
            .maxDuration())
        .isEqualTo(Setting.LONGEST);
  }

  @Test
  @DisplayName(
      "system properties, environment, map, file, code: the strongest source of each setting "
          + "wins")
  void setting_strongestSource_wins() throws IOException {
    Path file = write(
        "resilience.retry.maxAttempts=2",
        "resilience.retry.delay=2s",
        "resilience.retry.maxDuration=2s",
        "resilience.retry.jitter=none",
        "resilience.timeout.limit=2s");
    RuntimeSettings settings = settings(List.of(
        ConfigSource.ofFile(file),
        ConfigSource.ofMap(Map.of(
            "resilience.retry.r.delay", "3s",
            "resilience.retry.r.maxDuration", "3s",
            "resilience.retry.r.maxDelay", "30s"))));
    environment.put("ARAGORA_RETRY_MAX_DURATION", "4s");
    environment.put("ARAGORA_RETRY_MAX_DELAY", "40s");
    properties.put("resilience.retry.maxDelay", "50s");
    properties.put("resilience.retry.r.maxDelay", "60s");
    RetryConfig config = settings.retry("r", CODE);
    assertThat(config.maxAttempts()).isEqualTo(2);
    assertThat(config.backoff().base()).isEqualTo(Duration.ofSeconds(3));
    assertThat(config.backoff().jitter()).isEqualTo(Jitter.NONE);
    assertThat(config.maxDuration()).isEqualTo(Duration.ofSeconds(4));
    assertThat(config.backoff().cap()).isEqualTo(Duration.ofSeconds(60));
    assertThat(settings.timeout("t", TimeoutConfig.of(Duration.ofSeconds(9))).limit())
        .isEqualTo(Duration.ofSeconds(2));
    environment.put("ARAGORA_TIMEOUT_LIMIT", "5s");
    assertThat(settings.timeout("t").limit()).isEqualTo(Duration.ofSeconds(5));
    assertThat(warnings).isEmpty();
  }

  @Test
  void pinnedSettings_stay() {
    RuntimeSettings settings =
        settings(Map.of("resilience.retry.maxAttempts", "2", "resilience.timeout.limit", "2s"));
    RetryConfig retry = CODE.toBuilder().ignoreExternalConfig().build();
    assertThat(settings.retry("r", retry)).isSameAs(retry);
    assertThat(retry.toBuilder().build().ignoresExternalConfig()).isTrue();
    TimeoutConfig timeout = TimeoutConfig.builder()
        .limit(Duration.ofSeconds(9))
        .ignoreExternalConfig()
        .build();
    assertThat(settings.timeout("t", timeout)).isSameAs(timeout);
    assertThat(timeout.toBuilder().build().ignoresExternalConfig()).isTrue();
  }

  @Test
  void timeout_withoutALimit_isNone() {
    assertThat(settings(Map.of("resilience.timeout.other.limit", "1s")).timeout("t"))
        .isNull();
  }

  @Test
  @Tag("GW-12")
  void bulkhead_isConfiguredOutside_andIsAKindOfAPipeline() {
    RuntimeSettings settings = settings(Map.of(
        "resilience.bulkhead.maxConcurrentCalls", "7",
        "resilience.bulkhead.db.maxWait", "200ms",
        "resilience.bulkhead.db.order", "newest_first",
        "resilience.bulkhead.db.maxHold", "30s",
        "resilience.pipeline.p.policies", "retry, bulkhead:db, timeout"));
    BulkheadConfig db = settings.bulkhead("db", BulkheadConfig.of(3));
    assertThat(db.maxConcurrentCalls()).isEqualTo(7);
    assertThat(db.maxWait()).isEqualTo(Duration.ofMillis(200));
    assertThat(db.maxWaiting()).isEqualTo(7);
    assertThat(db.order()).isEqualTo(BulkheadConfig.Order.NEWEST_FIRST);
    assertThat(db.maxHold()).isEqualTo(Duration.ofSeconds(30));
    assertThat(settings.bulkhead("other", BulkheadConfig.of(3)).maxWait()).isZero();
    assertThat(settings.pipeline("p"))
        .extracting(policy -> policy.kind() + " " + policy.nameIn("p"))
        .containsExactly("retry p", "bulkhead db", "timeout p");
  }

  @Test
  @Tag("GW-12")
  void concurrencyLimit_isConfiguredOutside_andIsAKindOfAPipeline() {
    RuntimeSettings settings = settings(Map.of(
        "resilience.concurrencylimit.most", "500",
        "resilience.concurrencylimit.api.initial", "30",
        "resilience.concurrencylimit.api.healthyLatency", "300ms",
        "resilience.concurrencylimit.api.window", "500ms",
        "resilience.pipeline.p.policies", "retry, concurrencylimit:api, timeout"));
    ConcurrencyLimitConfig api =
        settings.concurrencyLimit("api", ConcurrencyLimitConfig.defaults());
    assertThat(api.most()).isEqualTo(500);
    assertThat(api.initial()).isEqualTo(30);
    assertThat(api.healthyLatency()).isEqualTo(Duration.ofMillis(300));
    assertThat(api.window()).isEqualTo(Duration.ofMillis(500));
    assertThat(settings.pipeline("p"))
        .extracting(policy -> policy.kind() + " " + policy.nameIn("p"))
        .containsExactly("retry p", "concurrencylimit api", "timeout p");
  }

  @Test
  void policiesOfAPipeline_areListedFromTheOutermost() {
    RuntimeSettings settings = settings(Map.of(
        "resilience.pipeline.policies", "retry, circuitbreaker, timeout",
        "resilience.pipeline.eu.prices.policies", " CircuitBreaker : shop ,retry:a:b,timeout"));
    assertThat(settings.pipeline("any"))
        .extracting(policy -> policy.kind() + " " + policy.nameIn("any"))
        .containsExactly("retry any", "circuitbreaker any", "timeout any");
    assertThat(settings.pipeline("eu.prices"))
        .extracting(policy -> policy.kind() + " " + policy.nameIn("p"))
        .containsExactly("circuitbreaker shop", "retry a:b", "timeout p");
    assertThat(settings(Map.of()).pipeline("any")).isEmpty();
  }

  @Test
  void replacement_withAnUnknownKey_isAnError_andChangesNothing() {
    RuntimeSettings settings = settings(Map.of("resilience.retry.r.maxAttempts", "7"));
    for (String key : List.of("resilience.retries.r.maxAttempts", "resilience.chaos.enabled")) {
      assertThatThrownBy(() -> settings.replacement(Map.of(key, "true"), each -> each))
          .isInstanceOf(ResilienceConfigurationException.class)
          .hasMessageStartingWith("config: " + key);
    }
    assertThat(settings.retry("r", CODE).maxAttempts()).isEqualTo(7);
  }

  @Test
  void policiesOfAPipeline_inAStrongerSource_replaceTheOthers() throws IOException {
    Path file = write("resilience.pipeline.p.policies=retry, timeout");
    RuntimeSettings settings = settings(List.of(
        ConfigSource.ofFile(file),
        ConfigSource.ofMap(Map.of("resilience.pipeline.p.policies", "hedge"))));
    assertThat(settings.pipeline("p")).containsExactly(new PolicyReference("hedge", ""));
  }

  @ParameterizedTest
  @DisplayName("an invalid value is an error that names source, key, value and rule")
  @CsvSource({
    "retry.maxAttempts, 0, maxAttempts must be at least 1: 0",
    "retry.r.maxAttempts, many, maxAttempts must be a whole number: many",
    "retry.backoff, quadratic, 'backoff must be one of [exponential, linear, constant, fibonacci]: quadratic'",
    "retry.delay, -1s, 'delay must not be negative and at most 106,751 days: PT-1S'",
    "retry.maxDelay, 0, 'maxDelay must be positive and at most 106,751 days: PT0S'",
    "retry.jitter, some, 'jitter must be one of [none, full, equal, additive, multiplicative, absolute, decorrelated]: some'",
    "retry.jitterFactor, 2, 'jitterFactor must be in [0.0, 1.0]: 2.0'",
    "retry.maxDuration, 0, 'maxDuration must be positive and at most 106,751 days: PT0S'",
    "retry.retryRejections, yes, 'retryRejections must be one of [true, false]: yes'",
    "timeout.t.limit, 0, 'limit must be positive and at most 106,751 days: PT0S'",
    "bulkhead.db.order, oldest, 'order must be one of [OLDEST_FIRST, NEWEST_FIRST]: oldest'",
    "concurrencylimit.api.percentile, 100, 'percentile must be in [50.0, 99.0]: 100.0'",
    "concurrencylimit.window, 10ms, 'window must be in [100 ms, 1 min]: PT0.01S'",
    "bulkhead.maxHold, 9h, 'maxHold must be in [1 ms, 8 h]: PT9H'",
    "timeout.t.limit, soon, 'limit must be a duration, such as 500ms, 30s, 5m, 1h, 1d, PT30S or 120.5 for seconds: soon'",
    "pipeline.p.policies, 'retry, cache', policies must be a list of different policies",
    "pipeline.p.policies, '', policies must be a list of different policies",
    "pipeline.p.policies, 'retry,', policies must be a list of different policies",
    "pipeline.p.policies, 'retry:', policies must be a list of different policies",
    "pipeline.p.policies, ': prices', policies must be a list of different policies",
    "pipeline.p.policies, 'retry, coalescer', policies must be a list of different policies",
    "pipeline.p.policies, 'retry, pipeline', policies must be a list of different policies",
    "pipeline.p.policies, 'retry, retry', policies must be a list of different policies"
  })
  void value_invalid_isAnError(String key, String value, String rule) {
    Map<String, String> config = Map.of("resilience." + key, value);
    assertThatThrownBy(() -> settings(config))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageStartingWith("config: resilience." + key + "=" + value)
        .hasMessageContaining(rule);
  }

  @ParameterizedTest
  @Tag("GW-13")
  @DisplayName("an unknown key is an error that names source and key, and lists the known settings")
  @CsvSource({
    "resilience.retry.attempts, 'must end in a setting, one of maxAttempts, backoff, backoffFactor, delay, maxDelay, jitter,"
        + " jitterFactor, jitterAmount, maxDuration, failOnRetryableResult, retryRejections, retryInterrupted, retryCancelled, retryWhenNested'",
    "resilience.timeout.t.length, 'must end in a setting, one of limit'",
    "resilience.pipeline.p, 'must end in a setting, one of policies'",
    "resilience.retries.r.maxAttempts, 'must begin with one of [resilience.circuitbreaker., resilience.retry.,"
        + " resilience.timeout., resilience.bulkhead., resilience.concurrencylimit., resilience.ratelimiter., resilience.hedge., resilience.chaos., resilience.coalescer.,"
        + " resilience.pipeline.]'",
    "resilience.x, must begin with one of"
  })
  void key_unknown_isAnError(String key, String rule) throws IOException {
    Path file = write(key + "=1");
    assertThatThrownBy(() -> settings(List.of(ConfigSource.ofFile(file))))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageStartingWith("configFile " + file + ": " + key)
        .hasMessageContaining(rule);
  }

  @Test
  void keysOfOthers_areLeftToOthers() {
    assertThat(settings(Map.of("spring.application.name", "shop")).retry("r", CODE))
        .isSameAs(CODE);
  }

  @Test
  void badValues_areIgnoredByThemselves_withOneWarningEach() {
    properties.put("resilience.retry.r.maxAttempts", "none");
    properties.put("resilience.retry.r.delay", "1s");
    environment.put("ARAGORA_RETRY_JITTER", "some");
    RuntimeSettings settings = settings(Map.of());
    for (int i = 0; i < 2; i++) {
      RetryConfig config = settings.retry("r", CODE);
      assertThat(config.maxAttempts()).isEqualTo(5);
      assertThat(config.backoff().base()).isEqualTo(Duration.ofSeconds(1));
    }
    assertThat(warnings)
        .satisfiesExactly(
            first -> assertThat(first)
                .startsWith("system property resilience.retry.r.maxAttempts=none is ignored"),
            second -> assertThat(second)
                .startsWith("environment variable ARAGORA_RETRY_JITTER=some is ignored"));
  }

  // ---- where the file is

  private static URLClassLoader loader(Path... folders) throws MalformedURLException {
    URL[] urls = new URL[folders.length];
    for (int i = 0; i < folders.length; i++) {
      urls[i] = folders[i].toUri().toURL();
    }
    return new URLClassLoader(urls, RuntimeSettingsTest.class.getClassLoader());
  }

  private static Path resource(Path folder, int attempts) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve("resilience.properties"), "resilience.retry.maxAttempts=" + attempts);
    return folder;
  }

  private static int attempts(Resilience resilience) {
    try (resilience) {
      return resilience.retry("r", CODE).config().maxAttempts();
    }
  }

  @Test
  @DisplayName("resilience.properties on the path is found")
  void resource_isFound() throws IOException {
    try (URLClassLoader loader = loader(resource(folder.resolve("a"), 11))) {
      assertThat(attempts(Resilience.builder().classLoader(loader).build())).isEqualTo(11);
    }
    assertThat(attempts(Resilience.create())).isEqualTo(5);
  }

  @Test
  @DisplayName("a file or a map that is set replaces or overrides resilience.properties")
  void resource_otherFileIsSet_isReplaced() throws IOException {
    Path chosen = write("resilience.retry.maxAttempts=12");
    try (URLClassLoader loader = loader(resource(folder.resolve("a"), 11))) {
      assertThat(attempts(
              Resilience.builder().classLoader(loader).configFile(chosen).build()))
          .isEqualTo(12);
      assertThat(attempts(Resilience.builder()
              .classLoader(loader)
              .config(Map.of("resilience.retry.r.maxAttempts", "13"))
              .build()))
          .isEqualTo(13);
    }
  }

  @Test
  @DisplayName("a file that the system property names replaces every other file")
  void resource_systemPropertyNamesAFile_isReplaced() throws IOException {
    Path chosen = write("resilience.retry.maxAttempts=12");
    try (URLClassLoader loader = loader(resource(folder.resolve("a"), 11))) {
      System.setProperty(RuntimeSettings.FILE, chosen.toString());
      try {
        assertThat(attempts(Resilience.builder().classLoader(loader).build())).isEqualTo(12);
        Path other = Files.writeString(
            folder.resolve("other.properties"), "resilience.retry.maxAttempts=14");
        assertThat(attempts(Resilience.builder().configFile(other).build())).isEqualTo(12);
      } finally {
        System.clearProperty(RuntimeSettings.FILE);
      }
    }
  }

  @Test
  void twoResources_areAnErrorThatNamesBoth_unlessAFileIsChosen() throws IOException {
    Path first = resource(folder.resolve("a"), 11);
    Path second = resource(folder.resolve("b"), 12);
    try (URLClassLoader loader = loader(first, second)) {
      assertThatThrownBy(() -> Resilience.builder().classLoader(loader).build())
          .isInstanceOf(ResilienceConfigurationException.class)
          .hasMessageContainingAll(
              "there is more than one resilience.properties",
              first.resolve("resilience.properties").toUri().getPath(),
              second.resolve("resilience.properties").toUri().getPath());
      System.setProperty(
          RuntimeSettings.FILE, write("resilience.retry.maxAttempts=13").toString());
      try {
        assertThat(attempts(Resilience.builder().classLoader(loader).build())).isEqualTo(13);
      } finally {
        System.clearProperty(RuntimeSettings.FILE);
      }
    }
  }

  @Test
  void anUnusableResource_isNamed() throws IOException {
    Path place = folder.resolve("a");
    resource(place, 0);
    try (URLClassLoader loader = loader(place)) {
      assertThatThrownBy(() -> Resilience.builder().classLoader(loader).build())
          .isInstanceOf(ResilienceConfigurationException.class)
          .hasMessageContainingAll(
              "resilience.properties: resilience.retry.maxAttempts=0", "must be at least 1");
    }
  }

  @Test
  void aFileNamedByTheProperty_thatIsMissing_isAnError() {
    System.setProperty(RuntimeSettings.FILE, folder.resolve("none").toString());
    try {
      assertThatThrownBy(Resilience::create)
          .isInstanceOf(ResilienceConfigurationException.class)
          .hasMessageContaining("the file cannot be read");
    } finally {
      System.clearProperty(RuntimeSettings.FILE);
    }
  }
}
