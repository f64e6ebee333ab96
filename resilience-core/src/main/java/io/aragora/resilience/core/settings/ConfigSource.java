package io.aragora.resilience.core.settings;

import io.aragora.resilience.internal.NamedFile;
import io.aragora.resilience.internal.OneLine;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Settings by key, from a file or a map. Read once.
 *
 * @param name the name of the source in messages
 * @param entries the settings
 * @param places returns the text that stands for a key in messages; null if that is the key
 */
record ConfigSource(
    String name,
    SortedMap<String, String> entries,
    @Nullable UnaryOperator<String> places) {
  private static final String MAP = "config";
  private static final int MOST_OF_KEY = 300;
  private static final int MOST_OF_MESSAGE = 4000;
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  /** Opens the source. */
  @FunctionalInterface
  interface Opening {
    InputStream open() throws IOException;
  }

  static ConfigSource ofMap(Map<String, String> entries) {
    return ofMap(entries, null);
  }

  static ConfigSource ofMap(Map<String, String> entries, @Nullable UnaryOperator<String> places) {
    return new ConfigSource(MAP, new TreeMap<>(entries), places);
  }

  /** Returns whether this is a map, whose settings may be replaced. */
  boolean isMap() {
    return name.equals(MAP);
  }

  /** Returns the text that stands for a key in messages. */
  String shown(String key) {
    return OneLine.of(places == null ? key : places.apply(key), MOST_OF_KEY);
  }

  static ConfigSource ofFile(Path path) {
    return read("configFile " + path, path, () -> Files.newInputStream(path));
  }

  static ConfigSource ofResource(URL resource) {
    return read(resource.toString(), NamedFile.path(resource), resource::openStream);
  }

  /**
   * Reads a source.
   *
   * @param name its name in messages
   * @param path the file that is opened; null if it is not a file of its own
   * @param opening opens it
   */
  static ConfigSource read(String name, @Nullable Path path, Opening opening) {
    ConfigSource source = new ConfigSource(name, new TreeMap<>(), null);
    String finding = path == null ? null : NamedFile.finding(path);
    if (finding != null) {
      throw source.rejected("the file " + finding, null);
    }
    Properties properties = source.load(opening);
    for (String key : properties.stringPropertyNames()) {
      source.entries.put(key, properties.getProperty(key));
    }
    return source;
  }

  /** Returns whether a key begins with a prefix. */
  boolean hasKey(String prefix) {
    SortedMap<String, String> from = entries.tailMap(prefix);
    return !from.isEmpty() && from.firstKey().startsWith(prefix);
  }

  private Properties load(Opening opening) {
    Properties properties = new OnceEach();
    try (InputStream stream = opening.open()) {
      byte[] bytes = stream.readNBytes(NamedFile.MAX_BYTES + 1);
      if (bytes.length > NamedFile.MAX_BYTES) {
        throw rejected(
            "the file must have at most " + NamedFile.MAX_BYTES + " bytes; it has more", null);
      }
      String text =
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      properties.load(
          new StringReader(text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text));
      return properties;
    } catch (CharacterCodingException e) {
      throw rejected("the file must be encoded in UTF-8", e);
    } catch (IOException e) {
      throw rejected("the file cannot be read: " + e, e);
    } catch (IllegalArgumentException e) {
      throw rejected("the file must be a properties file: " + e.getMessage(), e);
    }
  }

  /** Rejects a second value of a key; the JDK would replace the first value. */
  private final class OnceEach extends Properties {
    private static final long serialVersionUID = 1;

    @Override
    public synchronized @Nullable Object put(Object key, Object value) {
      Object first = super.put(key, value);
      if (first != null
          && !first.equals(value)
          && key.toString().startsWith(RuntimeSettings.PREFIX)) {
        throw rejected(
            shown(key.toString()) + " must have one value, and has two: "
                + new SettingText("", first.toString()).shown() + ", "
                + new SettingText("", value.toString()).shown(),
            null);
      }
      return first;
    }
  }

  ResilienceConfigurationException rejected(String why, @Nullable Throwable cause) {
    return new ResilienceConfigurationException(
        OneLine.of(name + ": " + why, MOST_OF_MESSAGE), cause);
  }
}
