package io.aragora.resilience.core.settings;

import io.aragora.resilience.ResilienceConfigurationException;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The settings that a file gives. Read once; every value is checked by itself then, combinations when they are used. */
final class ConfigFile {
  private static final int MAX_BYTES = 1 << 20;
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private final Path path;
  private final Map<BreakerSetting, Given> forAll = new EnumMap<>(BreakerSetting.class);
  private final Map<String, Map<BreakerSetting, Given>> forOne = new HashMap<>();

  private ConfigFile(Path path) {
    this.path = path;
  }

  static ConfigFile read(Path path) {
    ConfigFile file = new ConfigFile(path);
    Properties properties = file.load();
    for (String key : new TreeSet<>(properties.stringPropertyNames())) {
      if (key.startsWith(BreakerSetting.PREFIX)) {
        file.add(key, properties.getProperty(key));
      }
    }
    file.checkWindows(file.forAll);
    file.forOne.values().forEach(file::checkWindows);
    return file;
  }

  private Properties load() {
    Properties properties = new Properties();
    try (InputStream stream = Files.newInputStream(path)) {
      byte[] bytes = stream.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw refused("it must have at most " + MAX_BYTES + " bytes, and has more", null);
      }
      String text =
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      properties.load(
          new StringReader(text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text));
      return properties;
    } catch (CharacterCodingException e) {
      throw refused("it must be in UTF-8, and is not", e);
    } catch (IOException e) {
      throw refused("it cannot be read: " + e, e);
    } catch (IllegalArgumentException e) {
      throw refused("it must be a properties file: " + e.getMessage(), e);
    }
  }

  private void add(String key, String text) {
    String rest = key.substring(BreakerSetting.PREFIX.length());
    int dot = rest.lastIndexOf('.');
    BreakerSetting setting = BreakerSetting.find(rest.substring(dot + 1))
        .orElseThrow(() ->
            refused(key + " ends in no setting; the settings are " + BreakerSetting.known(), null));
    Given given = new Given(setting, text, key);
    try {
      given.check();
    } catch (IllegalArgumentException e) {
      throw refused(given + ": " + e.getMessage(), e);
    }
    if (dot < 0) {
      forAll.put(setting, given);
    } else if (rest.substring(0, dot).isBlank()) {
      throw refused(key + " must name a breaker between two dots, or have one dot less", null);
    } else {
      forOne
          .computeIfAbsent(rest.substring(0, dot), breaker -> new EnumMap<>(BreakerSetting.class))
          .put(setting, given);
    }
  }

  private void checkWindows(Map<BreakerSetting, Given> scope) {
    Given time = scope.get(BreakerSetting.WINDOW);
    Given count = scope.get(BreakerSetting.COUNT_WINDOW);
    if (time != null && count != null) {
      throw refused(
          "a breaker has a window of time or one of calls, not both: " + time + ", " + count, null);
    }
  }

  private ResilienceConfigurationException refused(String why, @Nullable Throwable cause) {
    return new ResilienceConfigurationException("configFile " + path + ": " + why, cause);
  }

  /** Gives the settings with what the file says of them. */
  CircuitBreakerConfig over(String breaker, CircuitBreakerConfig base) {
    List<Given> all = new ArrayList<>(forOne.getOrDefault(breaker, Map.of()).values());
    all.addAll(forAll.values());
    List<Given> strongest = Given.strongest(all);
    try {
      return Given.over(base, strongest);
    } catch (IllegalArgumentException e) {
      throw refused(
          "its settings " + strongest + " do not go together with those of circuit breaker '"
              + breaker + "' (" + base + "): " + e.getMessage(),
          e);
    }
  }
}
