package io.aragora.resilience.spring;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.json.JsonParserFactory;

/**
 * The properties below {@code resilience} that parts of the bridge and other software describe in their metadata. Read only
 * if a key is none of a policy or of the runtime, which is rare.
 */
final class KnownProperties {
  private static final String METADATA = "META-INF/spring-configuration-metadata.json";
  private static final String ADDITIONAL = "META-INF/additional-spring-configuration-metadata.json";

  private KnownProperties() {}

  /** Returns whether a metadata describes a property, or a map that contains it. */
  static boolean contains(ConfigurationPropertyName name, @Nullable ClassLoader loader) {
    for (Map.Entry<ConfigurationPropertyName, String> known : all(loader).entrySet()) {
      if (known.getKey().equals(name)
          || (known.getValue().startsWith("java.util.Map") && known.getKey().isAncestorOf(name))) {
        return true;
      }
    }
    return false;
  }

  static List<String> firstElements(@Nullable ClassLoader loader) {
    return all(loader).keySet().stream()
        .map(name -> name.getElement(1, Form.DASHED))
        .distinct()
        .toList();
  }

  /** Returns the types by the names. */
  private static Map<ConfigurationPropertyName, String> all(@Nullable ClassLoader loader) {
    Map<ConfigurationPropertyName, String> all = new LinkedHashMap<>();
    ClassLoader own = KnownProperties.class.getClassLoader();
    for (URL file : files(loader == null ? own : loader)) {
      for (Object property : properties(file)) {
        if (property instanceof Map<?, ?> described
            && described.get("name") instanceof String name
            && name.startsWith("resilience.")
            && !isOfPolicies(described)) {
          all.put(
              ConfigurationPropertyName.adapt(name, '.'), String.valueOf(described.get("type")));
        }
      }
    }
    return all;
  }

  /** The maps of policies by name are described too, but their keys are checked elsewhere. */
  private static boolean isOfPolicies(Map<?, ?> described) {
    return String.valueOf(described.get("sourceType"))
        .startsWith(ResilienceProperties.class.getName());
  }

  private static List<URL> files(ClassLoader loader) {
    try {
      List<URL> files = new ArrayList<>(Collections.list(loader.getResources(METADATA)));
      files.addAll(Collections.list(loader.getResources(ADDITIONAL)));
      return files;
    } catch (IOException e) {
      return List.of();
    }
  }

  private static List<?> properties(URL file) {
    try {
      URLConnection connection = file.openConnection();
      connection.setUseCaches(false); // a cached jar stays open when the class loader goes
      try (InputStream stream = connection.getInputStream()) {
        String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        return JsonParserFactory.getJsonParser().parseMap(text).get("properties")
                instanceof List<?> all
            ? all
            : List.of();
      }
    } catch (IOException | RuntimeException e) {
      return List.of(); // of other software, and no part of what it does
    }
  }
}
