package io.aragora.resilience.resilience4j;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryConfig;
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

  /** The settings below {@code After:}, as Spring passes them on. */
  private Map<String, String> settings() {
    String yaml = page.substring(page.indexOf("After:"));
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
  void yamlAfterwards_configuresTheSame() {
    try (Resilience resilience = Resilience.builder().config(settings()).build()) {
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
      assertThat(retry.backoff().cap()).isEqualTo(Duration.ofSeconds(5));
      assertThat(retry.backoff().jitter()).isEqualTo(Jitter.NONE);
    }
  }
}
