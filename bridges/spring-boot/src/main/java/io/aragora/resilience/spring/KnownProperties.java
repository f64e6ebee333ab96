package io.aragora.resilience.spring;

import io.aragora.resilience.internal.NamedFile;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
 * The properties below {@code resilience} that parts of the bridge and other software describe in their metadata. Read once,
 * and only if a key is none of a policy or of the runtime, which is rare. Used by one thread.
 */
final class KnownProperties {
  private static final String METADATA = "META-INF/spring-configuration-metadata.json";
  private static final String ADDITIONAL = "META-INF/additional-spring-configuration-metadata.json";

  private static final int MAX_BYTES = 1 << 24;

  private final @Nullable ClassLoader loader;
  private @Nullable Map<ConfigurationPropertyName, String> types;

  /** Creates properties that the metadata of a class loader describe. */
  KnownProperties(@Nullable ClassLoader loader) {
    this.loader = loader;
  }

  /** Returns whether a metadata describes a property, or a map that contains it. */
  boolean contains(ConfigurationPropertyName name) {
    for (Map.Entry<ConfigurationPropertyName, String> known : types().entrySet()) {
      if (known.getKey().equals(name)
          || (known.getValue().startsWith("java.util.Map") && known.getKey().isAncestorOf(name))) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether a metadata describes a property below a name. */
  boolean isSection(ConfigurationPropertyName name) {
    return types().keySet().stream().anyMatch(name::isAncestorOf);
  }

  List<String> firstElements() {
    return types().keySet().stream()
        .map(name -> name.getElement(1, Form.DASHED))
        .distinct()
        .toList();
  }

  private Map<ConfigurationPropertyName, String> types() {
    if (types == null) {
      types = all(loader);
    }
    return types;
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
    Path path = NamedFile.path(file);
    if (path != null && NamedFile.finding(path, MAX_BYTES) != null) {
      return List.of();
    }
    try {
      URLConnection connection = file.openConnection();
      connection.setUseCaches(false); // a cached jar stays open when the class loader goes
      try (InputStream stream = connection.getInputStream()) {
        String text = new String(stream.readNBytes(MAX_BYTES), StandardCharsets.UTF_8);
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
