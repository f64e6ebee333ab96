package io.aragora.resilience.core.settings;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.coalescing.ResultCache;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.quota.WhenAlone;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each setting of each kind of policy reaches its config from each source; breakers and retries have tests of their own. */
class EverySettingTest {
  private static final Set<String> ELSEWHERE = Set.of("circuitbreaker", "retry", "pipeline");

  private static final BulkheadConfig BULKHEAD = BulkheadConfig.builder()
      .maxConcurrentCalls(3)
      .maxWait(Duration.ofSeconds(9))
      .build();
  private static final ConcurrencyLimitConfig LIMIT = ConcurrencyLimitConfig.builder()
      .maxWait(Duration.ofSeconds(9))
      .healthyLatency(Duration.ofSeconds(1))
      .build();
  private static final RateLimiterConfig LIMITER = RateLimiterConfig.smooth(
          5, Duration.ofSeconds(1))
      .maxWait(Duration.ofSeconds(9))
      .build();
  private static final HedgeConfig HEDGE =
      HedgeConfig.forIdempotentCalls().delay(Duration.ofSeconds(1)).build();
  private static final HedgeConfig LATENCY_HEDGE = HedgeConfig.forIdempotentCalls()
      .delayFromLatency(95, Duration.ofMillis(1), Duration.ofSeconds(30))
      .build();
  private static final CoalescerConfig<Object, Object> COALESCER = CoalescerConfig.builder()
      .staleIfError(ResultCache.of(new ConcurrentHashMap<>()), Duration.ofSeconds(1))
      .build();
  private static final TimeoutConfig TIMEOUT = TimeoutConfig.of(Duration.ofSeconds(1));

  private record Row(
      String kind,
      String setting,
      String text,
      @Nullable Object expected,
      Function<RuntimeSettings, @Nullable Object> read) {
    @Override
    public String toString() {
      return kind + "." + setting + "=" + text;
    }
  }

  private static Row bulkhead(
      String setting,
      String text,
      @Nullable Object expected,
      Function<BulkheadConfig, @Nullable Object> read) {
    return new Row(
        "bulkhead", setting, text, expected, all -> read.apply(all.bulkhead("p", BULKHEAD)));
  }

  private static Row limit(
      String setting,
      String text,
      @Nullable Object expected,
      Function<ConcurrencyLimitConfig, @Nullable Object> read) {
    return new Row(
        "concurrencylimit",
        setting,
        text,
        expected,
        all -> read.apply(all.concurrencyLimit("p", LIMIT)));
  }

  private static Row limiter(
      String setting, String text, Object expected, Function<RateLimiterConfig, Object> read) {
    return new Row(
        "ratelimiter", setting, text, expected, all -> read.apply(all.rateLimiter("p", LIMITER)));
  }

  private static Row hedge(
      String setting,
      String text,
      @Nullable Object expected,
      HedgeConfig declared,
      Function<HedgeConfig, @Nullable Object> read) {
    return new Row("hedge", setting, text, expected, all -> read.apply(all.hedge("p", declared)));
  }

  private static Row coalescer(
      String setting,
      String text,
      @Nullable Object expected,
      Function<CoalescerConfig<Object, Object>, @Nullable Object> read) {
    return new Row(
        "coalescer", setting, text, expected, all -> read.apply(all.coalescer("p", COALESCER)));
  }

  static Stream<Row> rows() {
    return Stream.of(
        bulkhead("maxConcurrentCalls", "7", 7, BulkheadConfig::maxConcurrentCalls),
        bulkhead("maxWait", "7s", Duration.ofSeconds(7), BulkheadConfig::maxWait),
        bulkhead("maxWaiting", "7", 7, BulkheadConfig::maxWaiting),
        bulkhead("order", "newest_first", BulkheadConfig.Order.NEWEST_FIRST, BulkheadConfig::order),
        bulkhead("maxHold", "7m", Duration.ofMinutes(7), BulkheadConfig::maxHold),
        limit("initial", "19", 19, ConcurrencyLimitConfig::initial),
        limit("least", "3", 3, ConcurrencyLimitConfig::least),
        limit("most", "77", 77, ConcurrencyLimitConfig::most),
        limit("percentile", "75", 75.0, ConcurrencyLimitConfig::percentile),
        limit("tolerance", "2.5", 2.5, ConcurrencyLimitConfig::tolerance),
        limit("window", "700ms", Duration.ofMillis(700), ConcurrencyLimitConfig::window),
        limit("maxWindow", "50s", Duration.ofSeconds(50), ConcurrencyLimitConfig::maxWindow),
        limit("minimumSamples", "33", 33, ConcurrencyLimitConfig::minimumSamples),
        limit(
            "healthyLatency",
            "70ms",
            Duration.ofMillis(70),
            ConcurrencyLimitConfig::healthyLatency),
        limit("healthyLatency", "off", null, ConcurrencyLimitConfig::healthyLatency),
        limit("maxWait", "7s", Duration.ofSeconds(7), ConcurrencyLimitConfig::maxWait),
        limit("maxWaiting", "7", 7, ConcurrencyLimitConfig::maxWaiting),
        limiter("limit", "7", 7, RateLimiterConfig::limit),
        limiter("period", "7s", Duration.ofSeconds(7), RateLimiterConfig::period),
        limiter("burst", "3", 3, RateLimiterConfig::burst),
        limiter("maxWait", "7s", Duration.ofSeconds(7), RateLimiterConfig::maxWait),
        limiter("maxWaiting", "7", 7, RateLimiterConfig::maxWaiting),
        limiter("maxPause", "7s", Duration.ofSeconds(7), RateLimiterConfig::maxPause),
        limiter("startFull", "false", false, RateLimiterConfig::startsFull),
        limiter("startFull", "true", true, RateLimiterConfig::startsFull),
        limiter("keepAcrossRestart", "true", true, RateLimiterConfig::keepsAcrossRestart),
        limiter("shared", "true", true, RateLimiterConfig::isShared),
        limiter("whenAlone", "reject", WhenAlone.REJECT, RateLimiterConfig::whenAlone),
        limiter("assumedInstances", "7", 7, RateLimiterConfig::assumedInstances),
        hedge("delay", "7ms", Duration.ofMillis(7), HEDGE, HedgeConfig::delay),
        hedge("leastDelay", "7ms", Duration.ofMillis(7), LATENCY_HEDGE, HedgeConfig::leastDelay),
        hedge("mostDelay", "7s", Duration.ofSeconds(7), LATENCY_HEDGE, HedgeConfig::mostDelay),
        hedge("maxHedges", "2", 2, HEDGE, HedgeConfig::maxHedges),
        hedge("maxHedges", "0", 0, HEDGE, HedgeConfig::maxHedges),
        coalescer("maxFlights", "7", 7, CoalescerConfig::maxFlights),
        coalescer("maxFlight", "7s", Duration.ofSeconds(7), CoalescerConfig::maxFlight),
        coalescer("shareFailures", "false", false, CoalescerConfig::shareFailures),
        coalescer("shareFailures", "true", true, CoalescerConfig::shareFailures),
        coalescer("maxStale", "7m", Duration.ofMinutes(7), CoalescerConfig::maxStale),
        new Row(
            "timeout",
            "limit",
            "7s",
            Duration.ofSeconds(7),
            all -> all.timeout("p", TIMEOUT).limit()),
        new Row("chaos", "scale", "0.25", 0.25, all -> all.chaosScale("p")));
  }

  private final List<String> warnings = new ArrayList<>();

  private RuntimeSettings settings(
      Map<String, String> config, Map<String, String> properties, Map<String, String> environment) {
    return new RuntimeSettings(
        config.isEmpty() ? List.of() : List.of(ConfigSource.ofMap(config)),
        new MapSurroundings(properties, environment),
        new HeardWarnings(warnings));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void setting_fromEachSource_isInTheConfig(Row row) {
    Map<String, String> none = Map.of();
    String ofAll = "resilience." + row.kind + "." + row.setting;
    String ofOne = "resilience." + row.kind + ".p." + row.setting;
    String variable = RuntimeSettings.tables().stream()
        .filter(table -> table.key().equals(row.kind))
        .findFirst()
        .orElseThrow()
        .variable(row.setting);
    Map<String, String> environment = new HashMap<>();
    environment.put(variable, row.text);
    assertThat(row.read.apply(settings(Map.of(ofAll, row.text), none, none)))
        .isEqualTo(row.expected);
    assertThat(row.read.apply(settings(Map.of(ofOne, row.text), none, none)))
        .isEqualTo(row.expected);
    assertThat(row.read.apply(settings(none, Map.of(ofAll, row.text), none)))
        .isEqualTo(row.expected);
    assertThat(row.read.apply(settings(none, Map.of(ofOne, row.text), none)))
        .isEqualTo(row.expected);
    assertThat(row.read.apply(settings(none, none, environment))).isEqualTo(row.expected);
    assertThat(warnings).isEmpty();
  }

  @Test
  void rows_haveEverySetting() {
    Map<String, Set<String>> tested = rows()
        .collect(
            Collectors.groupingBy(Row::kind, Collectors.mapping(Row::setting, Collectors.toSet())));
    RuntimeSettings.names().forEach((kind, settings) -> {
      if (!ELSEWHERE.contains(kind)) {
        assertThat(tested.remove(kind)).as(kind).isEqualTo(Set.copyOf(settings));
      }
    });
    assertThat(tested).isEmpty();
  }

  @Test
  void pinnedConfigs_stay() {
    RuntimeSettings settings = settings(
        Map.of(
            "resilience.bulkhead.maxConcurrentCalls", "7",
            "resilience.concurrencylimit.most", "7",
            "resilience.ratelimiter.limit", "7",
            "resilience.hedge.delay", "7s",
            "resilience.coalescer.maxFlights", "7"),
        Map.of(),
        Map.of());
    BulkheadConfig bulkhead = BULKHEAD.toBuilder().ignoreExternalConfig().build();
    assertThat(settings.bulkhead("p", bulkhead)).isSameAs(bulkhead);
    ConcurrencyLimitConfig limit = LIMIT.toBuilder().ignoreExternalConfig().build();
    assertThat(settings.concurrencyLimit("p", limit)).isSameAs(limit);
    RateLimiterConfig limiter = LIMITER.toBuilder().ignoreExternalConfig().build();
    assertThat(settings.rateLimiter("p", limiter)).isSameAs(limiter);
    HedgeConfig hedge = HEDGE.toBuilder().ignoreExternalConfig().build();
    assertThat(settings.hedge("p", hedge)).isSameAs(hedge);
    CoalescerConfig<Object, Object> coalescer =
        COALESCER.toBuilder().ignoreExternalConfig().build();
    assertThat(settings.coalescer("p", coalescer)).isSameAs(coalescer);
  }

  @Test
  void maxHold_off_endsIt() {
    RuntimeSettings settings =
        settings(Map.of("resilience.bulkhead.maxHold", "off"), Map.of(), Map.of());
    BulkheadConfig leased = BulkheadConfig.builder()
        .maxConcurrentCalls(3)
        .maxHold(Duration.ofMinutes(1))
        .build();
    assertThat(settings.bulkhead("p", leased).maxHold()).isNull();
  }

  @Test
  void limiterAndHedge_undeclared_areThoseOfTheSettings_ifThereAreAny() {
    RuntimeSettings nothing = settings(Map.of(), Map.of(), Map.of());
    assertThat(nothing.rateLimiter("p")).isNull();
    assertThat(nothing.hedge("p")).isNull();
    assertThat(nothing.timeout("p")).isNull();
    RuntimeSettings settings = settings(
        Map.of(
            "resilience.ratelimiter.p.limit", "7",
            "resilience.ratelimiter.p.period", "3s",
            "resilience.hedge.p.delay", "20ms"),
        Map.of(),
        Map.of());
    assertThat(settings.rateLimiter("p"))
        .hasToString(RateLimiterConfig.builder()
            .limit(7)
            .period(Duration.ofSeconds(3))
            .build()
            .toString());
    assertThat(settings.hedge("p"))
        .hasToString(HedgeConfig.forIdempotentCalls()
            .delay(Duration.ofMillis(20))
            .build()
            .toString());
    assertThat(settings.rateLimiter("another")).isNull();
    assertThat(settings.hedge("another")).isNull();
  }

  @Test
  void given_namesEachSource_theStrongestOnly() {
    RuntimeSettings settings = settings(
        Map.of("resilience.timeout.p.limit", "7s", "resilience.bulkhead.maxWait", "1s"),
        Map.of("resilience.timeout.limit", "9s"),
        Map.of());
    assertThat(settings.given("timeout", "p"))
        .isEqualTo("[system property resilience.timeout.limit=9s]");
    assertThat(settings.given("bulkhead", "p")).isEqualTo("[resilience.bulkhead.maxWait=1s]");
    assertThat(settings.given("retry", "p")).isEqualTo("[]");
  }
}
