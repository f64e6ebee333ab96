package io.aragora.resilience.spring;

import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.spring.EnvironmentSettings.Property;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.core.env.Environment;

/**
 * The settings of an environment under the names of the library. Reading it fails if a key is unknown; the values are
 * checked by the runtime. Immutable.
 */
final class TranslatedSettings {
  private static final SpringLog LOG = SpringLog.of(TranslatedSettings.class);

  /** YAML reads {@code off} as false, so a false of any other setting is that word. */
  static final Set<String> BOOLEANS = Set.of(
      "recordInterrupted",
      "recordCancelled",
      "followPeers",
      "failOnRetryableResult",
      "retryRejections",
      "retryInterrupted",
      "retryCancelled",
      "retryWhenNested",
      "startFull",
      "keepAcrossRestart",
      "shared",
      "shareFailures");

  /** Words that editors complete with dashes. */
  private static final Set<String> ENUMS = Set.of("initialState", "order", "whenAlone");

  /** What turns chaos on must not come from an artifact. */
  private static final Set<String> OF_PROCESS = Set.of(
      "resilience.chaos.enabled", "resilience.chaos.startFor", "resilience.chaos.maxDuration");

  private static final Set<String> SOURCES_OF_PROCESS =
      Set.of("systemProperties", "systemEnvironment", "commandLineArgs");

  private final Map<String, String> policies = new LinkedHashMap<>();
  private final Map<String, String> places = new LinkedHashMap<>();
  private final Map<String, Property> runtime = new LinkedHashMap<>();
  private final Map<String, String> plugIns = new LinkedHashMap<>();
  private final Map<String, List<String>> kinds;
  private final KnownProperties known;
  private @Nullable String anyPlace;

  private TranslatedSettings(Map<String, List<String>> kinds, @Nullable ClassLoader loader) {
    this.kinds = kinds;
    this.known = new KnownProperties(loader);
  }

  /**
   * Reads an environment.
   *
   * @param environment the environment
   * @param kinds the settings of policies by their kind ({@link ResilienceBuilder#settings()})
   * @param loader has the metadata of settings that other parts of the bridge read
   * @throws io.aragora.resilience.policy.ResilienceConfigurationException if a key is unknown
   */
  static TranslatedSettings read(
      Environment environment, Map<String, List<String>> kinds, @Nullable ClassLoader loader) {
    TranslatedSettings settings = new TranslatedSettings(kinds, loader);
    for (Property property : EnvironmentSettings.read(environment).properties()) {
      settings.add(property);
    }
    return settings;
  }

  private void add(Property property) {
    String first = property.uniform(1);
    List<String> names = kinds.get(first);
    String ofProcess = find(OF_PROCESS, property);
    if (isEmptySection(property)) {
      return;
    }
    if (ofProcess != null) {
      addOfProcess(ofProcess, property);
    } else if (names != null && property.length() > 2) {
      addPolicy(property, first, names);
    } else if (property.length() == 2 && RuntimeSetting.find(first) != null) {
      runtime.putIfAbsent(first, property);
      if (!property.isOfSystemEnvironment()) { // where other software may have a NAME
        found(property);
      }
    } else if (first.equals("properties") && property.length() > 2) {
      addPlugIn(original(property, 2, property.length()), property);
    } else {
      String plugIn = find(PLUG_INS, property);
      if (plugIn != null) {
        addPlugIn(plugIn, property);
      } else if (!known.contains(property.name())) {
        unknown(property);
      }
    }
  }

  /** YAML has a section without keys as an empty text; a source of the environment does not have sections. */
  private boolean isEmptySection(Property property) {
    if (!property.value().isEmpty() || property.isOfSystemEnvironment()) {
      return false;
    }
    List<String> names = kinds.get(property.uniform(1));
    return names != null
        ? setting(names, property) == null
        : (property.length() == 2 && property.uniform(1).equals("properties"))
            || known.isSection(property.name())
            || PLUG_INS.stream()
                .map(name -> ConfigurationPropertyName.adapt(name, '.'))
                .anyMatch(property.name()::isAncestorOf);
  }

  private void addPlugIn(String key, Property property) {
    plugIns.putIfAbsent(key, property.value());
    found(property);
  }

  private void found(Property property) {
    if (anyPlace == null) {
      anyPlace = property.place();
    }
  }

  /** The settings of the plug-ins of the library; others are below {@code resilience.properties}. */
  static final List<String> PLUG_INS = List.of(
      "resilience.endpoint.host",
      "resilience.endpoint.port",
      "resilience.endpoint.details",
      "resilience.endpoint.hosts",
      "resilience.endpoint.operatorToken",
      "resilience.endpoint.expose",
      "resilience.metrics.prometheus",
      "resilience.metrics.durations",
      "resilience.micrometer.registry",
      "resilience.micrometer.timers",
      "resilience.opentelemetry.metrics",
      "resilience.opentelemetry.durations");

  private static @Nullable String find(Iterable<String> names, Property property) {
    String uniform = property.uniform(0);
    for (int i = 1; i < property.length(); i++) {
      uniform += '.' + property.uniform(i);
    }
    for (String name : names) {
      if (EnvironmentSettings.uniform(name).equals(uniform)) {
        return name;
      }
    }
    return null;
  }

  private void addOfProcess(String key, Property property) {
    if (!SOURCES_OF_PROCESS.contains(property.source())) {
      throw property.rejected(
          "it must be a system property, an environment variable or an argument of the command line, so that"
              + " no artifact turns chaos on. Remove it from the file");
    }
    addPlugIn(key, property);
  }

  private void addPolicy(Property property, String kind, List<String> names) {
    int last = property.length() - 1;
    String setting = setting(names, property);
    if (setting == null) {
      reject(
          property,
          "the key must end in a setting"
              + suggestion(property.original(last), dashed(names))
              + ". Those of this kind are " + String.join(", ", dashed(names)));
      return;
    }
    String name = last == 2 ? "" : original(property, 2, last) + '.';
    String key = "resilience." + kind + '.' + name + setting;
    if (policies.putIfAbsent(key, text(property, setting)) == null) {
      places.put(key, property.place());
      found(property);
    }
  }

  /** Returns the setting that is the last element of a name; null if there is none. */
  private static @Nullable String setting(List<String> names, Property property) {
    String last = property.uniform(property.length() - 1);
    for (String name : names) {
      if (property.length() > 2 && EnvironmentSettings.uniform(name).equals(last)) {
        return name;
      }
    }
    return null;
  }

  private static String text(Property property, String setting) {
    if (property.isFalse() && !BOOLEANS.contains(setting)) {
      return "off";
    }
    return ENUMS.contains(setting) ? property.value().replace('-', '_') : property.value();
  }

  private static String original(Property property, int from, int to) {
    StringBuilder name = new StringBuilder(property.original(from));
    for (int i = from + 1; i < to; i++) {
      name.append('.').append(property.original(i));
    }
    return name.toString();
  }

  private void unknown(Property property) {
    List<String> words = new ArrayList<>(dashed(kinds.keySet()));
    words.addAll(dashed(RuntimeSetting.names()));
    words.addAll(known.firstElements());
    reject(
        property,
        "the key is unknown" + suggestion(property.original(1), words)
            + ". Behind 'resilience.' stands one of "
            + words.stream().distinct().sorted().collect(Collectors.joining(", ")));
  }

  /** The operating system may have variables of other software that begin with the same word. */
  private static void reject(Property property, String why) {
    if (property.isOfSystemEnvironment()) {
      LOG.warn(property.place() + " is ignored: " + why);
    } else {
      throw property.rejectedWithoutValue(why);
    }
  }

  private static String suggestion(String wrong, Iterable<String> words) {
    String nearest = EnvironmentSettings.nearest(wrong, words);
    return nearest == null ? "" : "; did you mean '" + nearest + "'?";
  }

  /** Returns names as YAML has them. */
  private static List<String> dashed(Iterable<String> names) {
    return StreamSupport.stream(names.spliterator(), false)
        .map(TranslatedSettings::dashed)
        .toList();
  }

  static String dashed(String name) {
    StringBuilder dashed = new StringBuilder();
    name.chars().forEach(c -> {
      if (Character.isUpperCase(c)) {
        dashed.append('-');
      }
      dashed.append((char) Character.toLowerCase(c));
    });
    return switch (dashed.toString()) {
      case "circuitbreaker" -> "circuit-breaker";
      case "concurrencylimit" -> "concurrency-limit";
      case "ratelimiter" -> "rate-limiter";
      default -> dashed.toString();
    };
  }

  /** {@return the settings of policies, by the keys of the library; unmodifiable} */
  Map<String, String> policies() {
    return Collections.unmodifiableMap(policies);
  }

  /** Returns the file, the line and the key as it is written there. */
  String place(String key) {
    return places.getOrDefault(key, key);
  }

  /** Returns the place of a setting that was made for the runtime; null if there is none. */
  @Nullable
  String anyPlace() {
    return anyPlace;
  }

  /**
   * Writes everything to a builder.
   *
   * @throws io.aragora.resilience.policy.ResilienceConfigurationException if a setting of the runtime is invalid; the
   *     message names its place
   */
  void applyTo(ResilienceBuilder builder) {
    runtime.forEach((name, property) -> RuntimeSetting.apply(name, property, builder));
    plugIns.forEach(builder::property);
    builder.config(policies, this::place);
  }

  /** Returns the settings that are different in another reading, and are those of the runtime and not of a policy. */
  List<String> fixedChanges(TranslatedSettings now) {
    List<String> changes = new ArrayList<>();
    Map<String, String> before = fixed();
    Map<String, String> after = now.fixed();
    Set<String> all = new TreeSet<>(before.keySet());
    all.addAll(after.keySet());
    for (String key : all) {
      if (!Objects.equals(before.get(key), after.get(key))) {
        changes.add(key);
      }
    }
    return changes;
  }

  private Map<String, String> fixed() {
    Map<String, String> fixed = new LinkedHashMap<>(plugIns);
    runtime.forEach((name, property) -> fixed.put(property.name().toString(), property.value()));
    return fixed;
  }
}
