package io.aragora.resilience.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.concurrencylimit.Priority;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthTrackerConfig;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.http.client.ResilientHttpClient;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.io.StringReader;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The tables of settings in docs say what the code does: its defaults, and the values that it rejects. */
class SettingsTablesTest {
  private static final String VALUE =
      "(?<number>\\d{1,3}(?:,\\d{3})+|\\d+(?:\\.\\d+)?)(?: (?<unit>µs|ms|s|min|h|d|days?)\\b)?";
  private static final Pattern ABOVE = Pattern.compile("(?:above|>) " + VALUE);
  private static final Pattern FROM = Pattern.compile("(?:from|≥) " + VALUE);
  private static final Pattern BEFORE_TO = Pattern.compile(VALUE + " to ");
  private static final Pattern TO = Pattern.compile("(?:to|≤) " + VALUE);
  private static final Pattern FIRST = Pattern.compile("^" + VALUE);
  private static final Set<String> NOTHING =
      Set.of("", "off", "none", "never", "no", "not", "false", "null");

  /** What the code takes for a setting that a table has. */
  private final Map<String, Consumer<String>> setters = new HashMap<>();

  private static Resilience runtime(Map<String, String> config) {
    return Resilience.builder().timeSource(ManualTime.create()).config(config).build();
  }

  private static final Map<String, String> SHARING =
      Map.of("shared", "false", "whenAlone", "SHARE", "assumedInstances", "10");

  /** The settings of a policy can all be given from outside. */
  private void takeFromOutside(String kind, Set<String> names) {
    for (String name : names) {
      setters.put(
          name,
          value -> runtime(Map.of("resilience." + kind + "." + name, value)).close());
    }
  }

  @Test
  void settingsFromOutside_areAllInTheTables() {
    Map<String, String> headings = Map.of(
        "circuitbreaker", "circuit breakers",
        "retry", "retries",
        "bulkhead", "bulkheads",
        "concurrencylimit", "concurrency limits",
        "ratelimiter", "rate limiters",
        "hedge", "hedges",
        "chaos", "chaos");
    for (String kind : headings.keySet()) {
      String heading = "## Settings of " + headings.get(kind);
      String settings = Pages.table(Pages.page("configuration"), heading).stream()
          .map(row -> row.get("property"))
          .collect(Collectors.joining(", "));

      assertThatExceptionOfType(ResilienceConfigurationException.class)
          .isThrownBy(() -> runtime(Map.of("resilience." + kind + ".unknown", "1")))
          .withMessageEndingWith("the key must end in a setting, one of " + settings);
    }
  }

  @Test
  void breakerTables_matchTheCode() {
    Map<String, String> defaults = shown(CircuitBreakerConfig.defaults());
    defaults.put("countWindow", "none");
    defaults.put("followPeers", "false");
    defaults.put("failureCountThreshold", "off");
    defaults.put("throttle", "off");
    defaults.put("halfOpenFailureRateThreshold", "off");
    defaults.put("halfOpenCalls", "10");
    defaults.put("initialState", "closed");
    defaults.put("recordInterrupted", "false");
    defaults.put("recordCancelled", "false");
    takeFromOutside("circuitbreaker", defaults.keySet());
    Set<String> codeOnly = Set.of(
        "recordIf, recordOn",
        "ignoreIf, ignoreOn",
        "recordResultIf",
        "cooldownFrom",
        "mapException",
        "ignoreExternalConfig");
    Set<String> words =
        Set.of("followPeers", "initialState", "recordInterrupted", "recordCancelled");

    var inConfiguration = table("configuration", "## Settings of circuit breakers");
    assertThat(inConfiguration.keySet()).isEqualTo(defaults.keySet());
    checkDefaults(inConfiguration, defaults);
    checkRanges(inConfiguration, words);
    var inBreakers = table("circuit-breakers", "## Settings");
    assertThat(inBreakers.keySet())
        .containsAll(codeOnly)
        .hasSize(defaults.size() + codeOnly.size());
    inBreakers.keySet().removeAll(codeOnly);
    checkDefaults(inBreakers, defaults);
    checkRanges(inBreakers, words);
  }

  @Test
  void keyTables_matchTheCode() {
    var builder = KeyedCircuitBreakerConfig.builder();
    setters.put("maxKeys", value -> builder.maxKeys(Integer.parseInt(value)));
    setters.put("abandonedAfter", value -> builder.abandonedAfter(Duration.parse(value)));
    var rows = table("circuit-breakers", "## Keys");
    assertThat(rows.remove("breaker")).isNotNull();

    checkDefaults(rows, shown(builder.build()));
    checkRanges(rows, Set.of());
  }

  @Test
  void retryTables_matchTheCode() {
    RetryConfig config = RetryConfig.defaults();
    Map<String, String> defaults = shown(config);
    defaults.put("backoff", "exponential");
    defaults.put("delay", config.backoff().base().toString());
    defaults.put("maxDelay", config.backoff().cap().toString());
    defaults.put("jitter", config.backoff().jitter().name().toLowerCase(Locale.ROOT));
    defaults.put("backoffFactor", "" + config.backoff().factor());
    defaults.put("jitterAmount", "none");
    defaults.put("jitterFactor", "" + config.backoff().jitterFactor());
    takeFromOutside("retry", defaults.keySet());
    Set<String> words = Set.of(
        "backoff",
        "jitter",
        "failOnRetryableResult",
        "retryRejections",
        "retryInterrupted",
        "retryCancelled",
        "retryWhenNested");

    var inConfiguration = table("configuration", "## Settings of retries");
    assertThat(inConfiguration).hasSize(14);
    checkDefaults(inConfiguration, defaults);
    checkRanges(inConfiguration, words);
    var inRetries = table("retries", "## Settings");
    inRetries
        .keySet()
        .removeAll(Set.of(
            "retryIf, retryOn",
            "abortIf, abortOn",
            "retryResultIf",
            "retryAfter, retryAfterResult",
            "executor",
            "budget"));
    assertThat(inRetries)
        .containsOnlyKeys(
            "maxAttempts",
            "backoff",
            "maxDuration",
            "failOnRetryableResult",
            "retryRejections",
            "retryInterrupted",
            "retryCancelled",
            "retryWhenNested");
    checkDefaults(inRetries, defaults);
    checkRanges(inRetries, words);
  }

  @Test
  void retryBudgetTables_matchTheCode() {
    var builder = RetryBudgetConfig.builder();
    Map<String, String> defaults = shown(builder.build());
    setters.put("capacity", value -> builder.capacity(Integer.parseInt(value)));
    setters.put("ratio", value -> builder.ratio(Double.parseDouble(value)));
    setters.put("perSecond", value -> builder.perSecond(Double.parseDouble(value)));
    setters.put("assumedInstances", value -> builder.assumedInstances(Integer.parseInt(value)));
    // What concerns sharing is shown if the budget is shared.
    defaults.putAll(SHARING);

    checkDefaults(table("retries", "## Budget"), defaults);
    checkRanges(table("retries", "## Budget"), Set.of("shared", "whenAlone"));
  }

  @Test
  void timeoutTables_matchTheCode() {
    takeFromOutside("timeout", Set.of("limit"));
    var rows = table("timeouts", "# Timeouts");
    assertThat(rows.keySet()).containsExactly("executor", "limit", "mapException", "onLateResult");
    rows.keySet().retainAll(Set.of("limit"));

    checkRanges(rows, Set.of());
  }

  @Test
  void bulkheadTables_matchTheCode() {
    Map<String, String> defaults = shown(BulkheadConfig.defaults());
    takeFromOutside("bulkhead", defaults.keySet());
    BulkheadConfig.Builder waits = BulkheadConfig.builder().maxWait(Duration.ofSeconds(1));
    setters.put("maxWaiting", value -> waits.maxWaiting(Integer.parseInt(value)).build());

    var inConfiguration = table("configuration", "## Settings of bulkheads");
    checkDefaults(inConfiguration, defaults);
    checkRanges(inConfiguration, Set.of("order"));
    var inBulkheads = table("bulkhead", "## Settings");
    assertThat(inBulkheads.keySet()).isEqualTo(defaults.keySet());
    inBulkheads.remove("maxWaiting"); // its default is another setting
    checkDefaults(inBulkheads, defaults);
    checkRanges(inBulkheads, Set.of("order"));
  }

  @Test
  void hedgeTables_matchTheCode() {
    var builder = HedgeConfig.forIdempotentCalls();
    setters.put("delay", value -> builder.delay(Duration.parse(value)));
    setters.put("maxHedges", value -> builder.maxHedges(Integer.parseInt(value)));

    var rows = table("hedge", "## Settings");
    assertThat(rows.keySet())
        .containsExactlyInAnyOrder(
            "delay",
            "delayFromLatency",
            "maxHedges",
            "budget",
            "hedgeOn",
            "acceptResult",
            "onLoser");
    rows.keySet().retainAll(setters.keySet());
    checkRanges(rows, Set.of());
    rows.keySet().retainAll(Set.of("maxHedges"));
    checkDefaults(
        rows, shown(HedgeConfig.forIdempotentCalls().delay(Duration.ZERO).build()));

    takeFromOutside("hedge", Set.of("delay", "leastDelay", "mostDelay", "maxHedges"));
    checkRanges(table("configuration", "## Settings of hedges"), Set.of());
  }

  @Test
  void chaosTables_matchTheCode() {
    assertThat(table("chaos", "## Settings").keySet())
        .containsExactlyInAnyOrder("fail", "delay", "failAfter", "behave", "onlyIf", "onLost");
    takeFromOutside("chaos", Set.of("scale"));
    checkRanges(table("configuration", "## Settings of chaos"), Set.of());
  }

  @Test
  void coalescerTables_matchTheCode() {
    Map<String, String> defaults = shown(CoalescerConfig.defaults());
    takeFromOutside("coalescer", defaults.keySet());
    CoalescerConfig.Builder<String, String> builder = CoalescerConfig.builder();
    setters.put("maxStale", value -> builder.maxStale(Duration.parse(value)));

    var inConfiguration = table("configuration", "## Settings of coalescers");
    checkRanges(inConfiguration, Set.of("shareFailures"));
    checkDefaults(inConfiguration, defaults);
    var inCoalescing = table("coalescing", "## Settings");
    assertThat(inCoalescing.keySet())
        .containsExactlyInAnyOrder(
            "maxFlights", "maxFlight", "shareFailures", "maxStale", "staleIf", "copyFor");
    inCoalescing.keySet().retainAll(defaults.keySet());
    checkRanges(inCoalescing, Set.of("shareFailures"));
    checkDefaults(inCoalescing, defaults);
  }

  @Test
  void concurrencyLimitTables_matchTheCode() {
    Map<String, String> defaults = shown(ConcurrencyLimitConfig.defaults());
    Set<String> codeOnly = Set.of("normalShare", "sheddableShare");
    defaults.keySet().removeAll(codeOnly);
    takeFromOutside("concurrencylimit", defaults.keySet());
    ConcurrencyLimitConfig.Builder waits =
        ConcurrencyLimitConfig.builder().maxWait(Duration.ofSeconds(1));
    setters.put("maxWaiting", value -> waits.maxWaiting(Integer.parseInt(value)).build());
    // The bounds of a setting, whatever the others are.
    ConcurrencyLimitConfig.Builder alone = ConcurrencyLimitConfig.builder();
    setters.put("initial", value -> alone.initial(Integer.parseInt(value)));
    setters.put("least", value -> alone.least(Integer.parseInt(value)));
    setters.put("most", value -> alone.most(Integer.parseInt(value)));
    setters.put("window", value -> alone.window(Duration.parse(value)));
    setters.put("maxWindow", value -> alone.maxWindow(Duration.parse(value)));
    setters.put("share", value -> alone.share(Priority.NORMAL, Double.parseDouble(value)));

    var inConfiguration = table("configuration", "## Settings of concurrency limits");
    checkDefaults(inConfiguration, defaults);
    checkRanges(inConfiguration, Set.of());
    var inLimits = table("concurrency-limit", "## Settings");
    assertThat(inLimits.keySet()).containsAll(defaults.keySet());
    inLimits.remove("maxWaiting"); // its default is another setting
    inLimits.keySet().retainAll(defaults.keySet());
    checkDefaults(inLimits, defaults);
    checkRanges(inLimits, Set.of());
  }

  @Test
  void rateLimiterTables_matchTheCode() {
    var builder = RateLimiterConfig.smooth(1, Duration.ofDays(365)).maxWait(Duration.ofSeconds(1));
    Map<String, String> defaults =
        shown(RateLimiterConfig.smooth(1, Duration.ofDays(1)).build());
    setters.put("limit", value -> builder.limit(Integer.parseInt(value)));
    setters.put("period", value -> builder.period(Duration.parse(value)));
    setters.put("burst", value -> builder.burst(Integer.parseInt(value)));
    setters.put("maxWait", value -> builder.maxWait(Duration.parse(value)));
    setters.put("maxWaiting", value -> builder.maxWaiting(Integer.parseInt(value)));
    setters.put("maxPause", value -> builder.maxPause(Duration.parse(value)));
    setters.put("adoptUpTo", value -> builder.adoptUpTo(Integer.parseInt(value)));
    setters.put(
        "maxKeys", value -> KeyedRateLimiterConfig.builder().maxKeys(Integer.parseInt(value)));

    setters.put("assumedInstances", value -> builder.assumedInstances(Integer.parseInt(value)));
    // What concerns sharing is shown if the limit is shared.
    defaults.putAll(SHARING);

    var inLimiters = table("rate-limiter", "## Settings");
    assertThat(inLimiters.keySet()).isEqualTo(defaults.keySet());
    checkRanges(inLimiters, Set.of("startFull", "keepAcrossRestart", "shared", "whenAlone"));
    inLimiters
        .keySet()
        .retainAll(Set.of("maxWait", "maxPause", "startFull", "adoptUpTo", "keepAcrossRestart"));
    checkDefaults(inLimiters, defaults);
    var ofKeys = table("rate-limiter", "## Keys");
    checkRanges(ofKeys, Set.of("limiter"));
    ofKeys.remove("limiter");
    checkDefaults(
        ofKeys,
        shown(KeyedRateLimiterConfig.of(
            RateLimiterConfig.smooth(1, Duration.ofDays(1)).build())));
  }

  @Test
  void healthTables_matchTheCode() {
    HealthCheckOptions options = HealthCheckOptions.defaults();
    var tracker = HealthTrackerConfig.builder();
    Map<String, String> defaults = shown(tracker.build());
    defaults.put("timeout", options.timeout().toString());
    defaults.put("timeToLive", options.timeToLive().toString());
    defaults.put("checkEvery", "not");
    setters.put("timeout", value -> options.withTimeout(Duration.parse(value)));
    setters.put("timeToLive", value -> options.withTimeToLive(Duration.parse(value)));
    setters.put("failureThreshold", value -> tracker.failureThreshold(Integer.parseInt(value)));
    setters.put("recoveryThreshold", value -> tracker.recoveryThreshold(Integer.parseInt(value)));
    setters.put("latencyWindow", value -> tracker.latencyWindow(Integer.parseInt(value)));
    setters.put("staleAfter", value -> tracker.staleAfter(Duration.parse(value)));
    var rows = table("health", "# Health");
    rows.keySet().removeAll(Set.of("in: groups", "critical"));
    try (Resilience resilience = runtime(Map.of())) {
      setters.put(
          "checkEvery",
          value -> resilience.health().checkEvery(Duration.parse(value)).close());

      checkDefaults(rows, defaults);
      checkRanges(rows, Set.of());
    }
  }

  @Test
  void runtimeTables_matchTheCode() {
    ResilienceBuilder builder = Resilience.builder();
    setters.put("maxPolicies", value -> builder.maxPolicies(Integer.parseInt(value)));
    setters.put("staleAfter", value -> builder.staleAfter(Duration.parse(value)));
    setters.put("saveInterval", value -> builder.saveInterval(Duration.parse(value)));
    setters.put("stateRetention", value -> builder.stateRetention(Duration.parse(value)));
    var rows = table("configuration", "## How many breakers");
    var ofStore = table("persistence", "## Turn it on");
    assertThat(ofStore.keySet())
        .containsExactly(
            "closeOnShutdown",
            "followPeers of a breaker",
            "requireStateStore",
            "saveInterval",
            "stateRetention",
            "stateStore");
    rows.put("saveInterval", ofStore.get("saveInterval"));
    rows.put("stateRetention", ofStore.get("stateRetention"));

    checkRanges(rows, Set.of());
  }

  @Test
  void httpClientTables_matchTheCode() {
    try (Resilience resilience = runtime(Map.of())) {
      var builder = ResilientHttpClient.builder(resilience);
      setters.put("maxOrigins", value -> builder.maxOrigins(Integer.parseInt(value)));
      setters.put("timeout", value -> builder.timeout(Duration.parse(value)));
      setters.put(
          "transientStatuses", value -> builder.transientStatuses(Set.of(Integer.parseInt(value))));
      var rows = table("http", "## Settings");
      rows.keySet().retainAll(setters.keySet());
      assertThat(rows).hasSameSizeAs(setters);

      checkRanges(rows, Set.of());
    }
  }

  @Test
  void propertiesFile_isOneThatTheRuntimeTakes() throws IOException {
    String page = Pages.page("configuration");
    int begin = page.indexOf("```properties\n") + "```properties\n".length();
    Properties file = new Properties();
    file.load(new StringReader(page.substring(begin, page.indexOf("```", begin))));
    Map<String, String> config = new HashMap<>();
    file.forEach((key, value) -> config.put((String) key, (String) value));

    assertThat(config).hasSize(8);
    try (Resilience resilience = runtime(config)) {
      assertThat(resilience.circuitBreaker("prices").config().countWindow()).isEqualTo(200);
      assertThat(resilience.pipeline("prices").policies()).hasSize(3);
    }
  }

  /** The rows of the first table after a line, by their settings. */
  private static Map<String, Map<String, String>> table(String page, String after) {
    Map<String, Map<String, String>> rows = new TreeMap<>();
    for (Map<String, String> row : Pages.table(Pages.page(page), after)) {
      String setting = row.containsKey("property")
          ? row.get("property")
          : row.values().iterator().next();
      rows.put(setting, row);
    }
    return rows;
  }

  /** What a configuration says of itself, {@code name=value, …}. */
  private static Map<String, String> shown(Object config) {
    Map<String, String> shown = new TreeMap<>();
    for (String setting : config.toString().split(", (?=\\w+=)")) {
      String[] parts = setting.split("=", 2);
      shown.put(parts[0], parts[1]);
    }
    return shown;
  }

  private static void checkDefaults(
      Map<String, Map<String, String>> rows, Map<String, String> defaults) {
    assertThat(defaults.keySet()).containsAll(rows.keySet());
    rows.forEach((setting, row) -> assertThat(canonical(row.get("default")))
        .as("default of %s, in %s", setting, row)
        .isEqualTo(canonical(defaults.get(setting))));
  }

  private void checkRanges(Map<String, Map<String, String>> rows, Set<String> withoutRange) {
    assertThat(rows).isNotEmpty();
    rows.forEach((setting, row) -> {
      if (!withoutRange.contains(setting)) {
        String range = row.containsKey("range") ? row.get("range") : row.get("unit, range");
        checkRange(setting, range, setters.get(setting));
      }
    });
  }

  private static void checkRange(String setting, String range, Consumer<String> setter) {
    Matcher above = ABOVE.matcher(range);
    Matcher from = FROM.matcher(range);
    Matcher before = BEFORE_TO.matcher(range);
    Matcher to = TO.matcher(range);
    boolean hasMost = to.find();
    boolean isDuration = hasMost && to.group("unit") != null;
    if (above.find()) {
      rejects(setting, setter, value(above, isDuration, 0));
    } else {
      Matcher least = from.find() ? from : before;
      assertThat(least == from || before.find())
          .as("%s has a range: %s", setting, range)
          .isTrue();
      takes(setting, setter, value(least, isDuration, 0));
      rejects(setting, setter, value(least, isDuration, -1));
    }
    if (hasMost) {
      takes(setting, setter, value(to, isDuration, 0));
      rejects(setting, setter, value(to, isDuration, 1));
    }
  }

  private static void takes(String setting, Consumer<String> setter, String value) {
    assertThatCode(() -> setter.accept(value))
        .as("%s takes %s", setting, value)
        .doesNotThrowAnyException();
  }

  private static void rejects(String setting, Consumer<String> setter, String value) {
    assertThatCode(() -> setter.accept(value))
        .as("%s rejects %s", setting, value)
        .isInstanceOfAny(IllegalArgumentException.class, ResilienceConfigurationException.class)
        .hasMessageContaining(setting.equals("checkEvery") ? "interval" : setting);
  }

  /** A value of a table, or the next one beyond, as the code takes it. */
  private static String value(Matcher found, boolean isDuration, int beyond) {
    return isDuration
        ? duration(found).plusNanos(beyond).toString()
        : number(found).add(BigDecimal.valueOf(beyond)).toPlainString();
  }

  private static BigDecimal number(Matcher found) {
    return new BigDecimal(found.group("number").replace(",", ""));
  }

  private static Duration duration(Matcher found) {
    long amount = number(found).longValueExact();
    String unit = found.group("unit");
    if (unit == null) {
      return Duration.ofSeconds(amount);
    }
    return switch (unit) {
      case "µs" -> Duration.of(amount, ChronoUnit.MICROS);
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "min" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      // The range of nanoseconds in a long, in whole days.
      default -> amount == 106_751 ? Duration.ofNanos(Long.MAX_VALUE) : Duration.ofDays(amount);
    };
  }

  /** One form for what a table and the code say; 0 stands for nothing in some of the code. */
  private static String canonical(String value) {
    String first = value.split("[,:;]? (?:or|to|but|as) |, |: ")[0];
    if (NOTHING.contains(first) || Set.of("0.0", "PT0S").contains(first)) {
      return "0";
    }
    if (first.startsWith("PT")) {
      return Duration.parse(first).toString();
    }
    Matcher found = FIRST.matcher(first);
    if (!found.find()) {
      return first;
    }
    return found.group("unit") != null
        ? duration(found).toString()
        : number(found).stripTrailingZeros().toPlainString();
  }
}
