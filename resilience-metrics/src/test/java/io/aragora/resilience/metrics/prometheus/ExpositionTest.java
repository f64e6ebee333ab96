package io.aragora.resilience.metrics.prometheus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.aragora.resilience.health.HealthResult;
import java.io.File;
import java.io.OutputStream;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExpositionTest {
  private final Shop shop = new Shop();

  @TempDir
  Path folder;

  @AfterEach
  void close() {
    shop.close();
  }

  @Test
  void everything_keepsTheRules() {
    shop.everythingHappens("prices");
    Exposition exposition = Exposition.of(shop.text());
    assertThat(exposition.problems).isEmpty();
    assertThat(exposition.types.keySet())
        .as("every family that there is")
        .containsExactlyInAnyOrderElementsOf(Families.ALL.stream()
            .map(family -> written(family.getPrometheusName()))
            .toList());
  }

  /** The descriptor's name is without what the format adds. */
  private static String written(String name) {
    return Families.ALL.stream()
        .filter(family -> family.getPrometheusName().equals(name))
        .map(family -> switch (family.getType()) {
          case COUNTER -> name.endsWith("_total") ? name : name + "_total";
          default -> name;
        })
        .findFirst()
        .orElseThrow();
  }

  @Test
  void names_areConstants_andEachIsAFamily() throws IllegalAccessException {
    List<String> families =
        Families.ALL.stream().map(family -> written(family.getPrometheusName())).toList();
    for (Field field : MetricNames.class.getFields()) {
      String name = (String) field.get(null);
      if (name.startsWith("resilience_")) {
        assertThat(families).as(field.getName()).contains(name);
      }
    }
  }

  @Test
  void nastyNames_comeOutEscaped_andComeBackAsTheyWere() {
    shop.everythingHappens(Shop.NASTY);
    shop.resilience.health().register(Shop.NASTY, HealthResult::healthy);
    Exposition exposition = Exposition.of(shop.text());
    assertThat(exposition.problems).isEmpty();
    assertThat(exposition.samples)
        .filteredOn(sample -> sample.labels().containsKey("name"))
        .filteredOn(sample -> !sample.labels().get("name").equals("database"))
        .filteredOn(sample -> !sample.name().startsWith("resilience_health_"))
        .isNotEmpty()
        .allSatisfy(sample -> assertThat(sample.labels().get("name")).startsWith(Shop.NASTY));
    assertThat(exposition.samples)
        .extracting(sample -> sample.labels().get("key"))
        .contains(Shop.NASTY, "other");
    assertThat(exposition.samples)
        .filteredOn(sample -> sample.name().equals("resilience_health_status"))
        .extracting(sample -> sample.labels().get("name"))
        .contains(Shop.NASTY);
  }

  @Test
  void promtool_hasNothingToSay() throws Exception {
    Optional<Path> promtool = onThePath("promtool");
    assumeThat(promtool)
        .as("promtool is installed (Debian's package prometheus)")
        .isPresent();
    shop.everythingHappens(Shop.NASTY);
    File output = folder.resolve("promtool.txt").toFile();
    Process process = new ProcessBuilder(promtool.orElseThrow().toString(), "check", "metrics")
        .redirectErrorStream(true)
        .redirectOutput(output)
        .start();
    try (OutputStream in = process.getOutputStream()) {
      in.write(shop.text().getBytes(UTF_8));
    }
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(Files.readString(output.toPath())).isEmpty();
    assertThat(process.exitValue()).isZero();
  }

  @Test
  void brokenText_isFound() {
    assertThat(Exposition.of("a_total 1\n").problems).isNotEmpty();
    String head = "# HELP a_total x\n# TYPE a_total counter\n";
    assertThat(Exposition.of(head + "a_total{l=\"x\"} 1\n").problems).isEmpty();
    assertThat(Exposition.of(head + "a_total{l=\"x\"} 1").problems).isNotEmpty();
    assertThat(Exposition.of(head + "a_total{l=\"x\"} 1\na_total{l=\"x\"} 2\n").problems)
        .isNotEmpty();
    assertThat(Exposition.of(head + "a_total{l=\"x\"y\"} 1\n").problems).isNotEmpty();
    assertThat(Exposition.of(head + head + "a_total 1\n").problems).isNotEmpty();
    assertThat(Exposition.of("# HELP a x\n# TYPE a counter\na 1\n").problems).isNotEmpty();
    assertThat(Exposition.of("# HELP a_ms x\n# TYPE a_ms gauge\na_ms 1\n").problems)
        .isNotEmpty();
    String histogram = "# HELP h_seconds x\n# TYPE h_seconds histogram\n";
    assertThat(Exposition.of(
                histogram + "h_seconds_bucket{le=\"1.0\"} 2\nh_seconds_bucket{le=\"+Inf\"} 1\n")
            .problems)
        .isNotEmpty();
  }

  static Optional<Path> onThePath(String tool) {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .map(folder -> Path.of(folder, tool))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
