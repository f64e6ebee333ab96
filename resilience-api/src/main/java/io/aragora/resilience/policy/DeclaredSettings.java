package io.aragora.resilience.policy;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * The settings that a config declares, functions included, by name. The runtime compares two declarations of one name by
 * these settings, and the text of a config lists them, so each setting is listed in one place. Immutable.
 *
 * <p>Numbers and durations are the same if they are equal. A function is the same if it is the same object or equal to
 * it.
 */
public final class DeclaredSettings {
  private static final int LONGEST_SHOWN = 300;

  private record Declared(@Nullable Object value, @Nullable String given, boolean isShown) {
    static final Declared NONE = new Declared(null, null, false);

    /** Called only if the setting is shown, because the text of a value may be code of the application. */
    String text() {
      return given != null ? given : textOf(value);
    }

    /** Whether a message can show the class of the value only. */
    boolean isOpaque() {
      return value != null && given == null && !text().equals(shown(value));
    }
  }

  private final Map<String, Declared> settings;

  private DeclaredSettings(Map<String, Declared> settings) {
    this.settings = settings;
  }

  /**
   * Creates a builder without a setting.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Checks that a second declaration of a name equals the first one.
   *
   * @param policy kind and name of the policy, for the message
   * @param declaredAt the place of this declaration, for the message; null if it is unknown
   * @param later the second declaration
   * @param laterAt the place of {@code later}, for the message; null if it is unknown
   * @throws ResilienceConfigurationException if a setting of {@code later} differs; the message names the policy, each
   *     setting that differs with both values, and the places that are known
   */
  public void requireSame(
      String policy,
      @Nullable Object declaredAt,
      DeclaredSettings later,
      @Nullable Object laterAt) {
    StringJoiner before = new StringJoiner(", ");
    StringJoiner now = new StringJoiner(", ");
    boolean isOpaque = false;
    for (String name : differing(later)) {
      Declared first = find(name);
      Declared second = later.find(name);
      String text = first.text();
      String other = second.text();
      boolean isAlike = text.equals(other);
      before.add(name + "=" + text);
      now.add(name + "=" + (isAlike ? "another object: " : "") + other);
      isOpaque |= isAlike || first.isOpaque() || second.isOpaque();
    }
    if (before.length() != 0) {
      throw new ResilienceConfigurationException(
          policy + " is already declared with " + before + at(declaredAt)
              + "; this declaration has " + now + at(laterAt)
              + (isOpaque
                  ? ". A function is the same only if it is the same object or equals it: keep the config"
                      + " in a constant, or look the policy up by its name alone"
                  : ""));
    }
  }

  private static String at(@Nullable Object place) {
    return place == null ? "" : " (at " + place + ")";
  }

  /**
   * Returns the text of a value in messages: its own text, or the class of a function without one.
   *
   * @param value any value; null if there is none
   * @return at most about 300 characters; never throws, even if {@code toString} of the value does
   */
  public static String textOf(@Nullable Object value) {
    if (value == null) {
      return "none";
    }
    String type = value.getClass().getName();
    int lambda = type.indexOf("$$Lambda");
    if (lambda >= 0) {
      return "a lambda in " + type.substring(0, lambda);
    }
    String shown = shown(value);
    return shown.isEmpty() || shown.startsWith(type + "@") ? "an object of " + type : shown;
  }

  private static String shown(Object value) {
    try {
      String text = value.toString();
      return text.length() > LONGEST_SHOWN ? text.substring(0, LONGEST_SHOWN) + "…" : text;
    } catch (RuntimeException | Error e) {
      // The text is code of the application and may throw; the message must still be built.
      return "";
    }
  }

  /**
   * Returns whether another declaration is the same.
   *
   * @param other another declaration
   * @return whether it has the same settings with the same values
   */
  public boolean sameAs(DeclaredSettings other) {
    return differing(other).isEmpty();
  }

  private Set<String> differing(DeclaredSettings other) {
    Set<String> names = new LinkedHashSet<>(settings.keySet());
    names.addAll(other.settings.keySet());
    names.removeIf(name -> Objects.equals(find(name).value, other.find(name).value));
    return names;
  }

  private Declared find(String name) {
    return settings.getOrDefault(name, Declared.NONE);
  }

  /**
   * Returns the settings that are shown.
   *
   * @return the settings as {@code name=value}, separated by commas
   */
  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(", ");
    settings.forEach((name, declared) -> {
      if (declared.isShown) {
        text.add(name + "=" + declared.text());
      }
    });
    return text.toString();
  }

  /** Collects settings in the order in which they are shown. Not thread-safe. */
  public static final class Builder {
    private final Map<String, Declared> settings = new LinkedHashMap<>();

    private Builder() {}

    /**
     * Adds a setting that {@link DeclaredSettings#toString} shows.
     *
     * @param name the name of its setter
     * @param value its value; null if there is none
     */
    public Builder add(String name, @Nullable Object value) {
      settings.put(name, new Declared(value, null, true));
      return this;
    }

    /**
     * Adds a setting with a text of its own.
     *
     * @param name the name of its setter
     * @param value its value; null if there is none
     * @param text the text that is shown
     */
    public Builder add(String name, @Nullable Object value, String text) {
      settings.put(name, new Declared(value, text, true));
      return this;
    }

    /**
     * Adds a setting that is compared but not shown, such as a function.
     *
     * @param name the name of its setter
     * @param value its value; null if there is none
     */
    public Builder addUnshown(String name, @Nullable Object value) {
      settings.put(name, new Declared(value, null, false));
      return this;
    }

    /**
     * Adds the settings of a config that is part of this one. Default: none.
     *
     * @param part its settings
     */
    public Builder addAll(DeclaredSettings part) {
      settings.putAll(part.settings);
      return this;
    }

    /** {@return the declaration} */
    public DeclaredSettings build() {
      return new DeclaredSettings(new LinkedHashMap<>(settings));
    }
  }
}
