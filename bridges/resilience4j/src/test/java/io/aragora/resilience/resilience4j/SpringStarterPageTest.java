package io.aragora.resilience.resilience4j;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryConfig;
import io.github.resilience4j.common.CompositeCustomizer;
import io.github.resilience4j.common.retry.configuration.CommonRetryConfigurationProperties;
import io.github.resilience4j.core.functions.Either;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page about Resilience4j's Spring Boot starter has each property of its jar. */
class SpringStarterPageTest {
  private static final String METADATA = "META-INF/spring-configuration-metadata.json";
  private static final Pattern NAME = Pattern.compile("\"name\"\\s*:\\s*\"([^\"]+)\"");
  private static final String COMMON = "io.github.resilience4j.common.";

  private static final List<String> CLASSES = List.of(
      "circuitbreaker.configuration.CommonCircuitBreakerConfigurationProperties$InstanceProperties",
      "retry.configuration.CommonRetryConfigurationProperties$InstanceProperties",
      "bulkhead.configuration.CommonBulkheadConfigurationProperties$InstanceProperties",
      "bulkhead.configuration.CommonThreadPoolBulkheadConfigurationProperties$InstanceProperties",
      "ratelimiter.configuration.CommonRateLimiterConfigurationProperties$InstanceProperties",
      "timelimiter.configuration.CommonTimeLimiterConfigurationProperties$InstanceProperties",
      "micrometer.configuration.CommonTimerConfigurationProperties$InstanceProperties",
      "scheduled.threadpool.configuration.ContextAwareScheduledThreadPoolConfigurationProperties");

  private final String page = page();

  private static String page() {
    try {
      return Files.readString(Path.of("../../docs/migrating-from-resilience4j-spring-boot.md"));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private boolean isMissing(String property) {
    return !page.contains("`" + property + "`");
  }

  @Test
  void propertiesOfTheMetadata_areOnThePage() throws IOException {
    Set<String> missing = new TreeSet<>();
    int found = 0;
    for (URL url : Collections.list(getClass().getClassLoader().getResources(METADATA))) {
      if (!url.toString().contains("resilience4j-spring-boot3")) {
        continue;
      }
      String metadata;
      try (InputStream in = url.openStream()) {
        metadata = new String(in.readAllBytes(), UTF_8);
      }
      Matcher names = NAME.matcher(metadata.substring(metadata.indexOf("\"properties\"")));
      while (names.find()) {
        found++;
        if (isMissing(names.group(1))) {
          missing.add(names.group(1));
        }
      }
    }

    assertThat(missing).isEmpty();
    assertThat(found).isGreaterThan(60);
  }

  @Test
  void propertiesOfInstances_areOnThePage() throws ClassNotFoundException {
    Set<String> missing = new TreeSet<>();
    int found = 0;
    for (String name : CLASSES) {
      for (Method method : Class.forName(COMMON + name).getMethods()) {
        if (method.getName().startsWith("set") && method.getParameterCount() == 1) {
          String property = method.getName().substring(3, 4).toLowerCase(Locale.ROOT)
              + method.getName().substring(4);
          found++;
          if (isMissing(property)) {
            missing.add(property);
          }
        }
      }
    }

    assertThat(missing).isEmpty();
    assertThat(found).isGreaterThan(60);
  }

  /** The settings below a heading, as Spring passes them on. */
  private Map<String, String> settings(String heading) {
    String yaml = page.substring(page.indexOf(heading));
    yaml = yaml.substring(yaml.indexOf("```yaml") + 8);
    Map<String, String> settings = new HashMap<>();
    List<String> path = new ArrayList<>();
    for (String line : yaml.substring(0, yaml.indexOf("```")).split("\n")) {
      String text = line.replaceAll(" #.*", "");
      int depth = (text.length() - text.stripLeading().length()) / 2;
      String[] entry = text.strip().split(":\\s*", 2);
      path.subList(depth, path.size()).clear();
      path.add(entry[0]);
      if (!entry[1].isEmpty()) {
        settings.put(path(path), entry[1]);
      }
    }
    return settings;
  }

  private static String path(List<String> path) {
    List<String> camels = new ArrayList<>(path);
    camels.set(1, path.get(1).replace("-", ""));
    Matcher hyphen = Pattern.compile("-(.)").matcher(camels.get(camels.size() - 1));
    camels.set(
        camels.size() - 1, hyphen.replaceAll(match -> match.group(1).toUpperCase(Locale.ROOT)));
    return String.join(".", camels);
  }

  @Test
  void delaysOfRetries_areTheSameAfterwards() {
    Map<String, String> before = settings("Before:");
    String prefix = "resilience4j.retry.instances.prices.";
    var instance = new CommonRetryConfigurationProperties.InstanceProperties();
    instance.setMaxAttempts(Integer.valueOf(before.get(prefix + "maxAttempts")));
    instance.setWaitDuration(
        Duration.ofMillis(Long.parseLong(before.get(prefix + "waitDuration").replace("ms", ""))));
    instance.setEnableExponentialBackoff(
        Boolean.valueOf(before.get(prefix + "enableExponentialBackoff")));
    String multiplier = before.get(prefix + "exponentialBackoffMultiplier");
    if (multiplier != null) {
      instance.setExponentialBackoffMultiplier(Double.valueOf(multiplier));
    }
    instance.setExponentialMaxWaitDuration(
        Duration.parse("PT" + before.get(prefix + "exponentialMaxWaitDuration")));
    var theirs = new CommonRetryConfigurationProperties()
        .createRetryConfig(instance, new CompositeCustomizer<>(List.of()), "prices");

    try (Resilience resilience = Resilience.builder().config(settings("After:")).build()) {
      Backoff ours = resilience.retry("prices").config().backoff();
      for (int retry = 0; retry < 20; retry++) {
        long delay =
            theirs.getIntervalBiFunction().apply(retry + 1, Either.left(new IOException("down")));
        assertThat(TimeUnit.NANOSECONDS.toMillis(ours.delayNanos(retry, 0, 0)))
            .isCloseTo(delay, withinPercentage(1)); // theirs drop fractions of milliseconds
      }
    }
  }

  @Test
  void yamlAfterwards_configuresTheSame() {
    try (Resilience resilience = Resilience.builder().config(settings("After:")).build()) {
      CircuitBreakerConfig breaker = resilience.circuitBreaker("prices").config();
      RetryConfig retry = resilience.retry("prices").config();

      assertThat(breaker.failureThreshold()).isZero();
      assertThat(breaker.failureRateThreshold()).isEqualTo(50);
      assertThat(breaker.window()).isEqualTo(Duration.ofSeconds(30));
      assertThat(breaker.minimumNumberOfCalls()).isEqualTo(10);
      assertThat(breaker.cooldown()).isEqualTo(Duration.ofSeconds(20));
      assertThat(breaker.halfOpenFailureRateThreshold()).isEqualTo(50);
      assertThat(breaker.halfOpenCalls()).isEqualTo(3);
      assertThat(retry.maxAttempts()).isEqualTo(4);
      assertThat(retry.backoff().base()).isEqualTo(Duration.ofMillis(100));
      assertThat(retry.backoff().factor()).isEqualTo(1.5);
      assertThat(retry.backoff().cap()).isEqualTo(Duration.ofSeconds(5));
      assertThat(retry.backoff().jitter()).isEqualTo(Jitter.NONE);
    }
  }
}
