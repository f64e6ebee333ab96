package io.aragora.resilience.metrics.prometheus;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parses the text format 0.0.4 and reports violations of its rules, and of the conventions that promtool checks. */
final class Exposition {
  private static final Pattern HEAD =
      Pattern.compile("# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)");
  private static final Pattern SAMPLE = Pattern.compile(
      "([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{(?:[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\\n]|\\\\[\\\\n\"])*\",?)*})? (\\S+)");
  private static final Pattern LABEL =
      Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\]|\\\\.)*)\"");
  private static final Set<String> OTHER_UNITS =
      Set.of("milliseconds", "millis", "ms", "nanoseconds", "nanos", "minutes", "hours", "percent");

  /** One line: the name that it stands under, and its labels without what belongs to a bucket. */
  record Sample(String name, Map<String, String> labels, double value) {}

  final Map<String, String> types = new LinkedHashMap<>();
  final List<Sample> samples = new ArrayList<>();
  final List<String> problems = new ArrayList<>();
  private final Set<String> helped = new HashSet<>();
  private final Set<String> ended = new HashSet<>();
  private final Set<String> seen = new HashSet<>();
  private final Map<String, Double> lastBucket = new HashMap<>();
  private String family = "";

  static Exposition of(String text) {
    Exposition exposition = new Exposition();
    if (!text.isEmpty() && !text.endsWith("\n")) {
      exposition.problems.add("the last line does not end");
    }
    text.lines().forEach(exposition::read);
    exposition.types.forEach(exposition::checkCustoms);
    return exposition;
  }

  private void read(String line) {
    Matcher head = HEAD.matcher(line);
    Matcher sample = SAMPLE.matcher(line);
    if (head.matches()) {
      begin(head.group(2));
      boolean first = head.group(1).equals("HELP")
          ? helped.add(head.group(2))
          : types.put(head.group(2), head.group(3)) == null;
      require(first, line + ": reported twice");
    } else if (sample.matches()) {
      readSample(line, sample.group(1), sample.group(2), sample.group(3));
    } else {
      problems.add("no line of this format: " + line);
    }
  }

  private void begin(String name) {
    if (!name.equals(family)) {
      ended.add(family);
      family = name;
      require(!ended.contains(name), name + ": its lines are not together");
    }
  }

  private void readSample(String line, String name, String labelText, String value) {
    Map<String, String> labels = new LinkedHashMap<>();
    Matcher label = LABEL.matcher(labelText == null ? "" : labelText);
    while (label.find()) {
      require(
          labels.put(label.group(1), unescaped(label.group(2))) == null, line + ": a label twice");
    }
    String type = types.get(family);
    require(type != null && helped.contains(family), line + ": type or help is missing before it");
    require(seen.add(name + labels), line + ": a series twice");
    double number = Double.parseDouble(value.replace("+Inf", "Infinity"));
    if ("histogram".equals(type)) {
      checkHistogram(line, name, labels, number);
    } else {
      require(name.equals(family), line + ": under the head of " + family);
    }
    samples.add(new Sample(name, labels, number));
  }

  private void checkHistogram(String line, String name, Map<String, String> labels, double number) {
    require(
        Set.of(family + "_bucket", family + "_count", family + "_sum").contains(name),
        line + ": under the head of " + family);
    Map<String, String> series = new LinkedHashMap<>(labels);
    String bound = series.remove("le");
    require((bound != null) == name.endsWith("_bucket"), line + ": le is for buckets");
    if (bound != null) {
      double before = lastBucket.getOrDefault(family + series, 0.0);
      require(number >= before, line + ": buckets count up");
      lastBucket.put(family + series, number);
    } else if (name.endsWith("_count")) {
      require(
          number == lastBucket.getOrDefault(family + series, -1.0),
          line + ": not what the last bucket counts");
    }
  }

  private void checkCustoms(String name, String type) {
    require(name.matches("[a-z][a-z0-9_]*"), name + ": not in lower case with underscores");
    require(type.equals("counter") == name.endsWith("_total"), name + ": total is for counters");
    require(
        !name.matches(".*_(count|sum|bucket|info)"), name + ": ends as a part of something else");
    require(!name.contains("counter") && !name.contains("gauge"), name + ": contains its type");
    for (String word : name.split("_")) {
      require(!OTHER_UNITS.contains(word), name + ": not in base units");
    }
    require(
        !name.contains("seconds") || name.matches(".*_seconds(_total)?"),
        name + ": the unit comes last");
  }

  private static String unescaped(String text) {
    return text.replace("\\\\", "\u0000")
        .replace("\\n", "\n")
        .replace("\\\"", "\"")
        .replace("\u0000", "\\");
  }

  private void require(boolean holds, String problem) {
    if (!holds) {
      problems.add(problem);
    }
  }
}
