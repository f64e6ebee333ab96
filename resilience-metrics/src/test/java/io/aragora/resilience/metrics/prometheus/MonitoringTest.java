package io.aragora.resilience.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dashboard, alert rules and scrape configuration use only metrics that the collector exposes. */
class MonitoringTest {
  private static final Path DOCS = Path.of("").toAbsolutePath().resolve("../docs");
  private static final Path DASHBOARD = DOCS.resolve("grafana/resilience.json");
  private static final Path ALERTS = DOCS.resolve("prometheus/alerts.yml");
  private static final Path CONFIG = DOCS.resolve("prometheus/prometheus.yml");

  private static final Pattern SELECTOR = Pattern.compile("(resilience_\\w+)(?:\\{([^}]*)})?");
  private static final Pattern MATCHER = Pattern.compile("(\\w+)(=~|!~|!=|=)\"([^\"]*)\"");
  private static final Pattern GROUPING = Pattern.compile("\\bby \\(([^)]*)\\)");
  private static final Pattern TEMPLATE_LABEL =
      Pattern.compile("\\{\\{ ?(?:\\$labels\\.)?(\\w+) ?}}");

  /** Labels, and the values that were seen, by the name of the sample. */
  private static final Map<String, Map<String, Set<String>>> EXPOSED = new TreeMap<>();

  @TempDir
  Path folder;

  @BeforeAll
  static void expose() {
    try (Shop shop = new Shop()) {
      shop.everythingHappens("a");
      for (Exposition.Sample sample : Exposition.of(shop.text()).samples) {
        Map<String, Set<String>> labels =
            EXPOSED.computeIfAbsent(sample.name(), none -> new TreeMap<>());
        sample
            .labels()
            .forEach((label, value) ->
                labels.computeIfAbsent(label, none -> new TreeSet<>()).add(value));
      }
    }
  }

  private static void assertExposed(String expression) {
    List<MatchResult> selectors = SELECTOR.matcher(expression).results().toList();
    assertThat(selectors).as(expression).isNotEmpty();
    Set<String> labels = new TreeSet<>();
    for (MatchResult selector : selectors) {
      assertThat(EXPOSED.keySet()).as(expression).contains(selector.group(1));
      Map<String, Set<String>> exposed = EXPOSED.get(selector.group(1));
      labels.addAll(exposed.keySet());
      Matcher matcher = MATCHER.matcher(selector.group(2) == null ? "" : selector.group(2));
      while (matcher.find()) {
        assertThat(exposed.keySet()).as(expression).contains(matcher.group(1));
        if (!matcher.group(3).startsWith("$")) {
          for (String value : matcher.group(3).split("\\|")) {
            assertThat(exposed.get(matcher.group(1))).as(expression).contains(value);
          }
        }
      }
    }
    GROUPING
        .matcher(expression)
        .results()
        .forEach(grouping ->
            assertThat(labels).as(expression).contains(grouping.group(1).split(", ?")));
  }

  /** What a legend or a summary shows has to be left over by the expression. */
  private static void assertLabelled(String text, String expression) {
    Set<String> left = new TreeSet<>();
    Matcher grouping = GROUPING.matcher(expression);
    boolean grouped = false;
    while (grouping.find()) {
      grouped = true;
      left.addAll(List.of(grouping.group(1).split(", ?")));
    }
    if (!grouped) {
      SELECTOR
          .matcher(expression)
          .results()
          .forEach(selector -> left.addAll(EXPOSED.get(selector.group(1)).keySet()));
    }
    TEMPLATE_LABEL
        .matcher(text)
        .results()
        .forEach(label -> assertThat(left).as(text + " of " + expression).contains(label.group(1)));
  }

  @Test
  void dashboard_isJson_andAsksForWhatIsExposed() throws IOException {
    Object dashboard = Json.read(Files.readString(DASHBOARD));
    Map<String, String> queries = queries(dashboard);
    assertThat(queries).hasSizeGreaterThan(30);
    queries.forEach((expression, legend) -> {
      assertExposed(expression);
      assertLabelled(legend, expression);
    });
    assertThat(Json.texts(dashboard, "definition"))
        .hasSize(2)
        .first()
        .satisfies(definition -> assertExposed(definition));
  }

  @Test
  void dashboard_showsEveryMetric() throws IOException {
    String dashboard = Files.readString(DASHBOARD);
    for (String name : EXPOSED.keySet()) {
      String family = name.replaceAll("_(bucket|sum|count)$", "");
      assertThat(dashboard).contains(family);
    }
  }

  @Test
  void dashboard_panelsDoNotOverlap_andHaveNumbersOfTheirOwn() throws IOException {
    Object dashboard = Json.read(Files.readString(DASHBOARD));
    assertThat(Json.numbers(dashboard, "id")).isNotEmpty().doesNotHaveDuplicates();
    Set<String> cells = new TreeSet<>();
    int size = 0;
    for (Map<?, ?> position : Json.objects(dashboard, "gridPos")) {
      for (int x = number(position, "x"); x < number(position, "x") + number(position, "w"); x++) {
        for (int y = number(position, "y");
            y < number(position, "y") + number(position, "h");
            y++) {
          assertThat(x).isBetween(0, 23);
          cells.add(x + "," + y);
          size++;
        }
      }
    }
    assertThat(cells).hasSize(size);
  }

  private static int number(Map<?, ?> object, String key) {
    return ((Number) object.get(key)).intValue();
  }

  @Test
  void alerts_askForWhatIsExposed() throws IOException {
    Map<String, String> rules = rules();
    assertThat(rules).hasSizeGreaterThan(10);
    rules.forEach((rule, expression) -> {
      assertExposed(expression);
      assertLabelled(rule, expression);
    });
  }

  @Test
  void wrongQueries_areFound() {
    assertExposed("sum by (name) (rate(resilience_timeout_calls_total{outcome=\"late\"}[5m]))");
    for (String wrong : List.of(
        "resilience_timeout_call_total",
        "resilience_timeout_calls_total{result=\"late\"}",
        "resilience_timeout_calls_total{outcome=\"tardy\"}",
        "sum by (key) (resilience_timeout_calls_total)")) {
      assertThatThrownBy(() -> assertExposed(wrong)).isInstanceOf(AssertionError.class);
    }
    assertThatThrownBy(() -> assertLabelled("{{ $labels.key }}", "resilience_timeouts_total > 0"))
        .isInstanceOf(AssertionError.class);
    assertThatThrownBy(
            () -> assertLabelled("{{outcome}}", "sum by (name) (resilience_timeout_calls_total)"))
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void scrapeConfiguration_readsThePageOfTheEndpoint() throws IOException {
    assertThat(Files.readString(CONFIG))
        .contains("metrics_path: " + new MetricsEndpoint().path() + "\n")
        .contains("- " + ALERTS.getFileName() + "\n");
  }

  @Test
  void promtool_acceptsRulesConfigurationAndQueries() throws Exception {
    Optional<Path> promtool = ExpositionTest.onThePath("promtool");
    assumeThat(promtool)
        .as("promtool is installed (Debian's package prometheus)")
        .isPresent();
    Path queries = folder.resolve("queries.yml");
    StringBuilder yaml = new StringBuilder("groups:\n  - name: queries\n    rules:\n");
    int number = 0;
    for (String query : queries(Json.read(Files.readString(DASHBOARD))).keySet()) {
      yaml.append("      - record: query_")
          .append(number++)
          .append("\n        expr: |\n          ")
          .append(query.replace("$__rate_interval", "5m"))
          .append('\n');
    }
    Files.writeString(queries, yaml);
    for (List<String> arguments : List.of(
        List.of("check", "rules", ALERTS.toString()),
        List.of("check", "config", CONFIG.toString()),
        List.of("check", "rules", queries.toString()))) {
      List<String> command = new ArrayList<>(List.of(promtool.orElseThrow().toString()));
      command.addAll(arguments);
      File output = folder.resolve("promtool.txt").toFile();
      Process process = new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(output)
          .start();
      assertThat(process.waitFor()).as(Files.readString(output.toPath())).isZero();
    }
  }

  /** Expressions with what they are labelled by. */
  private static Map<String, String> queries(Object dashboard) {
    Map<String, String> queries = new LinkedHashMap<>();
    for (Map<?, ?> object : Json.withKey(dashboard, "expr")) {
      Object legend = object.containsKey("legendFormat")
          ? object.get("legendFormat")
          : object.get("titleFormat");
      queries.merge((String) object.get("expr"), (String) legend, (one, other) -> one + other);
    }
    return queries;
  }

  /** The text of each rule with its expression, which is one line or a block of deeper ones. */
  private static Map<String, String> rules() throws IOException {
    Map<String, String> rules = new LinkedHashMap<>();
    for (String rule : Files.readString(ALERTS).split("(?m)^      - alert: ")) {
      Matcher expression = Pattern.compile(
              "^        expr: (?:\\|\\n((?:          .*\\n)+)|(.*)\\n)", Pattern.MULTILINE)
          .matcher(rule);
      if (expression.find()) {
        rules.put(rule, expression.group(1) != null ? expression.group(1) : expression.group(2));
      }
    }
    return rules;
  }
}
