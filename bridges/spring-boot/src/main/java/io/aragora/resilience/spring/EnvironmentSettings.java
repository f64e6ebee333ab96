package io.aragora.resilience.spring;

import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
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
  private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{[^:{}]*");
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

    /** Returns this property, with the value, under the name that another source has. */
    Property spelledAs(ConfigurationPropertyName other) {
      return new Property(other, value, isFalse, place, source);
    }

    /** Returns an error about the value. */
    ResilienceConfigurationException rejected(String why) {
      return new ResilienceConfigurationException(place + "=" + value + ": " + why);
    }

    /** Returns an error without the value, which may be secret. */
    ResilienceConfigurationException rejectedWithoutValue(String why) {
      return new ResilienceConfigurationException(place + ": " + why);
    }
  }

  private final Map<ConfigurationPropertyName, Property> properties = new LinkedHashMap<>();

  /** What stands before the last element, as it is written outside the environment, by its uniform spelling. */
  private final Map<String, ConfigurationPropertyName> written = new HashMap<>();

  private EnvironmentSettings() {}

  /**
   * Reads an environment.
   *
   * @throws ResilienceConfigurationException if a name has characters that Spring would leave out, a placeholder cannot be
   *     resolved, or a source has two spellings of a name
   */
  static EnvironmentSettings read(Environment environment) {
    EnvironmentSettings settings = new EnvironmentSettings();
    for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
      if (source instanceof IterableConfigurationPropertySource iterable) {
        settings.add(iterable, environment);
      }
    }
    settings.properties.replaceAll(settings::spelled);
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
        Property read = property(name, List.of(property), environment);
        Property same = own.putIfAbsent(name, read);
        if (same != null
            && !same.isOfSystemEnvironment()
            && !written(same.name()).equals(written(name))) {
          throw read.rejectedWithoutValue(
              "Spring takes it for " + written(same.name())
                  + ", since only dashes or capitals differ. Remove one of them, or put names of policies in brackets, as in"
                  + " resilience.retry.[prices-eu].max-attempts; in YAML also in quotes: \"[prices-eu]\"");
        }
      }
    }
    lists.forEach((name, values) ->
        own.putIfAbsent(name, property(name, List.copyOf(values.values()), environment)));
    own.forEach(this::merge);
  }

  /** Adds a weaker property. The environment has no dashes and capitals, so a name that another source has is the real one. */
  private void merge(ConfigurationPropertyName name, Property property) {
    boolean isWritten = !property.isOfSystemEnvironment();
    properties.merge(
        name, property, (stronger, weaker) -> isWritten ? stronger.spelledAs(name) : stronger);
    if (isWritten) {
      written.put(uniform(name.getParent()), name.getParent());
    }
  }

  /** Returns a property of the environment under the name that its policy has in other sources. */
  private Property spelled(ConfigurationPropertyName name, Property property) {
    ConfigurationPropertyName parent = written.get(uniform(name.getParent()));
    return property.isOfSystemEnvironment()
            && written(property.name()).equals(written(name))
            && parent != null
        ? property.spelledAs(parent.append(name.getLastElement(Form.UNIFORM)))
        : property;
  }

  private static String uniform(ConfigurationPropertyName name) {
    StringBuilder uniform = new StringBuilder();
    for (int i = 0; i < name.getNumberOfElements(); i++) {
      uniform.append('.').append(uniform(name.getElement(i, Form.ORIGINAL)));
    }
    return uniform.toString();
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
      // without the text and the cause, which may contain a secret beside the placeholder
      throw new ResilienceConfigurationException(place + ": a placeholder cannot be resolved: "
          + PLACEHOLDER
              .matcher(text)
              .results()
              .map(MatchResult::group)
              .collect(Collectors.joining(", ")));
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
