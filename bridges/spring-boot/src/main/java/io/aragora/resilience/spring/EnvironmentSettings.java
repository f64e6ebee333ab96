package io.aragora.resilience.spring;

import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.Environment;
import org.springframework.core.env.StandardEnvironment;

/**
 * The properties of an environment that begin with {@code resilience.}, each with its place. A property that two sources
 * have is that of the stronger source, in any spelling. Immutable.
 */
final class EnvironmentSettings {
  private static final ConfigurationPropertyName ROOT = ConfigurationPropertyName.of("resilience");

  /** What Spring reads outside brackets; it leaves other characters out. */
  private static final Pattern PLAIN = Pattern.compile("(?i)resilience(\\.|\\[).*");

  private static final Pattern BRACKETS = Pattern.compile("\\[[^\\]]*\\]");
  private static final Pattern READABLE = Pattern.compile("[A-Za-z0-9_-]*");

  /**
   * A property.
   *
   * @param name the name, in any spelling
   * @param value the value, without placeholders
   * @param isFalse whether YAML made a false of the value, such as of {@code off}
   * @param place the name as it is written, behind the file and the line
   * @param source the name of its property source
   */
  record Property(
      ConfigurationPropertyName name, String value, boolean isFalse, String place, String source) {
    /** Returns an element without dashes and in lower case. */
    String uniform(int element) {
      return name.getElement(element, Form.UNIFORM);
    }

    /** Returns an element as it is written. */
    String original(int element) {
      return name.getElement(element, Form.ORIGINAL);
    }

    int length() {
      return name.getNumberOfElements();
    }

    /** Returns whether the operating system set it, perhaps for other software. */
    boolean isOfSystemEnvironment() {
      return source.equals(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME);
    }

    ResilienceConfigurationException refused(String why) {
      return new ResilienceConfigurationException(place + "=" + value + ": " + why);
    }
  }

  private final Map<ConfigurationPropertyName, Property> properties = new LinkedHashMap<>();

  private EnvironmentSettings() {}

  /**
   * Reads an environment.
   *
   * @throws ResilienceConfigurationException if a name has characters that Spring would leave out, or a placeholder
   *     cannot be resolved
   */
  static EnvironmentSettings read(Environment environment) {
    EnvironmentSettings settings = new EnvironmentSettings();
    for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
      if (source instanceof IterableConfigurationPropertySource iterable) {
        settings.add(iterable, environment);
      }
    }
    return settings;
  }

  /** Returns the properties, those of the strongest source first. */
  Iterable<Property> properties() {
    return properties.values();
  }

  private void add(IterableConfigurationPropertySource source, Environment environment) {
    checkNames(source);
    Map<ConfigurationPropertyName, TreeMap<Integer, ConfigurationProperty>> lists =
        new LinkedHashMap<>();
    Map<ConfigurationPropertyName, Property> own = new LinkedHashMap<>();
    for (ConfigurationPropertyName name :
        source.stream().filter(ROOT::isAncestorOf).toList()) {
      ConfigurationProperty property = source.getConfigurationProperty(name);
      if (property == null) {
        continue;
      }
      if (name.isNumericIndex(name.getNumberOfElements() - 1)) {
        lists
            .computeIfAbsent(name.getParent(), list -> new TreeMap<>())
            .put(Integer.valueOf(name.getLastElement(Form.ORIGINAL)), property);
      } else {
        own.putIfAbsent(name, property(name, List.of(property), environment));
      }
    }
    lists.forEach((name, values) ->
        own.putIfAbsent(name, property(name, List.copyOf(values.values()), environment)));
    own.forEach(properties::putIfAbsent);
  }

  private static Property property(
      ConfigurationPropertyName name, List<ConfigurationProperty> values, Environment environment) {
    ConfigurationProperty first = values.get(0);
    String place =
        first.getOrigin() == null ? written(name) : first.getOrigin() + ": " + written(name);
    List<String> texts = new ArrayList<>();
    for (ConfigurationProperty value : values) {
      texts.add(text(value, place, environment));
    }
    Object only = values.size() == 1 ? first.getValue() : null;
    return new Property(
        name,
        String.join(", ", texts),
        Boolean.FALSE.equals(only),
        place,
        first.getSource() == null ? "" : sourceName(first.getSource()));
  }

  /** Returns a name in the spelling of its source. */
  private static String written(ConfigurationPropertyName name) {
    StringBuilder written = new StringBuilder();
    for (int i = 0; i < name.getNumberOfElements(); i++) {
      String element = name.getElement(i, Form.ORIGINAL);
      if (!READABLE.matcher(element).matches() || name.isNumericIndex(i)) {
        written.append('[').append(element).append(']');
      } else {
        written.append(i == 0 ? "" : ".").append(element);
      }
    }
    return written.toString();
  }

  private static String sourceName(ConfigurationPropertySource source) {
    Object underlying = source.getUnderlyingSource();
    return underlying instanceof org.springframework.core.env.PropertySource<?> named
        ? named.getName()
        : "";
  }

  private static String text(
      ConfigurationProperty property, String place, Environment environment) {
    String text = String.valueOf(property.getValue());
    try {
      return environment.resolveRequiredPlaceholders(text);
    } catch (IllegalArgumentException e) {
      throw new ResilienceConfigurationException(
          place + "=" + text + ": the placeholder cannot be resolved: " + e.getMessage(), e);
    }
  }

  /** Spring drops characters that it does not know, so a setting would be for another policy. */
  private static void checkNames(ConfigurationPropertySource source) {
    if (!(source.getUnderlyingSource() instanceof EnumerablePropertySource<?> named)
        || named.getName().equals(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME)) {
      return;
    }
    for (String name : named.getPropertyNames()) {
      if (PLAIN.matcher(name).matches()
          && !READABLE
              .matcher(BRACKETS.matcher(name).replaceAll("").replace(".", ""))
              .matches()) {
        throw new ResilienceConfigurationException(
            name + " of " + named.getName()
                + ": a name with other characters than letters, digits, '.', '_' and '-' must be in brackets, as"
                + " in resilience.retry.[prices/eu].max-attempts; in YAML also in quotes: \"[prices/eu]\"");
      }
    }
  }

  @Override
  public String toString() {
    return properties.values().stream().map(Property::place).collect(Collectors.joining(", "));
  }

  /** Returns a word without dashes and in lower case, as {@link Form#UNIFORM} has it. */
  static String uniform(String word) {
    StringBuilder uniform = new StringBuilder();
    word.chars()
        .filter(c -> c != '-' && c != '_')
        .forEach(c -> uniform.append((char) Character.toLowerCase(c)));
    return uniform.toString();
  }

  /** Returns the word of a list that is nearest to a wrong one; null if none is near. */
  static @Nullable String nearest(String wrong, Iterable<String> words) {
    String nearest = null;
    int least = Math.max(2, wrong.length() / 3) + 1;
    for (String word : words) {
      int distance = distance(uniform(wrong), uniform(word));
      if (distance < least) {
        least = distance;
        nearest = word;
      }
    }
    return nearest;
  }

  /** The number of letters to insert, remove or replace (Levenshtein). */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
