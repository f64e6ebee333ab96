package io.aragora.resilience.jmh.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.aragora.resilience.jmh.benchmark.AllocatedBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads what JMH wrote as JSON. */
final class ResultsFile {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private ResultsFile() {}

  /**
   * The figures of a file.
   *
   * @param file what JMH wrote
   * @param virtualThreads whether the JDK that was measured has them
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if it is not what JMH writes, or has nothing in it
   */
  static Figures read(Path file, boolean virtualThreads) throws IOException {
    JsonNode entries;
    try {
      entries = JSON.readTree(Files.readString(file));
    } catch (JsonProcessingException e) {
      throw invalid("must be JSON", e.getOriginalMessage());
    }
    if (!entries.isArray() || entries.isEmpty()) {
      throw invalid("must be a list with a benchmark in it", entries.getNodeType());
    }
    Figures figures = new Figures(virtualThreads);
    for (int i = 0; i < entries.size(); i++) {
      add(entries.get(i), "[" + i + "]", figures);
    }
    return figures;
  }

  private static void add(JsonNode entry, String where, Figures figures) {
    JsonNode name = entry.path("benchmark");
    if (!name.isTextual()) {
      throw invalid(where + ".benchmark must be a name", name);
    }
    String at = where + " " + name.textValue() + ": ";
    JsonNode time = entry.path("primaryMetric");
    if (!time.path("scoreUnit").asText().equals("ns/op")) {
      throw invalid(at + "primaryMetric.scoreUnit must be ns/op", time.path("scoreUnit"));
    }
    double nanos = number(time, "score", at);
    if (!(nanos > 0)) {
      throw invalid(at + "score must be positive", nanos);
    }
    JsonNode bytes = entry.path("secondaryMetrics").path(AllocatedBytes.NAME);
    figures.add(
        name.textValue(),
        threads(entry.path("threads"), at),
        params(entry.path("params")),
        Measured.of(
            forks(time.path("rawData")),
            nanos,
            number(time, "scoreError", at),
            bytes.isMissingNode() ? Double.NaN : number(bytes, "score", at)));
  }

  /** JMH writes a number, or "NaN" if it has none. */
  private static double number(JsonNode metric, String name, String at) {
    JsonNode value = metric.path(name);
    if (value.asText().equals("NaN")) {
      return Double.NaN;
    }
    if (!value.isNumber()) {
      throw invalid(at + name + " must be a number", value);
    }
    return value.doubleValue();
  }

  private static int threads(JsonNode value, String at) {
    int number = value.asInt(-1);
    if (number < 1) {
      throw invalid(at + "threads must be at least 1", value);
    }
    return number;
  }

  private static Map<String, String> params(JsonNode params) {
    Map<String, String> values = new HashMap<>();
    params
        .fields()
        .forEachRemaining(param -> values.put(param.getKey(), param.getValue().asText()));
    return values;
  }

  private static List<List<Double>> forks(JsonNode rawData) {
    List<List<Double>> forks = new ArrayList<>();
    for (JsonNode fork : rawData) {
      List<Double> iterations = new ArrayList<>();
      fork.forEach(value -> iterations.add(value.doubleValue()));
      forks.add(iterations);
    }
    return forks;
  }

  private static IllegalArgumentException invalid(String rule, Object value) {
    return new IllegalArgumentException(Run.RESULTS + " " + rule + ": " + value);
  }
}
