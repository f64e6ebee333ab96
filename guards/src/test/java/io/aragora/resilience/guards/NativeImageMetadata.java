package io.aragora.resilience.guards;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The metadata of one artifact for native images, in the formats of present compilers and of those for JDK 17 and 21. */
final class NativeImageMetadata {
  private final Map<String, Set<String>> fields = new TreeMap<>();
  private final Map<String, Set<String>> methods = new TreeMap<>();
  private final Set<String> resources = new TreeSet<>();

  void addField(String type, String name) {
    fields.computeIfAbsent(type, any -> new TreeSet<>()).add("{\"name\": \"" + name + "\"}");
  }

  void addMethod(String type, String name, String... parameters) {
    methods
        .computeIfAbsent(type, any -> new TreeSet<>())
        .add("{\"name\": \"" + name + "\", \"parameterTypes\": ["
            + Arrays.stream(parameters)
                .map(parameter -> '"' + parameter + '"')
                .collect(Collectors.joining(", "))
            + "]}");
  }

  void addResource(String name) {
    resources.add(name);
  }

  boolean isEmpty() {
    return fields.isEmpty() && methods.isEmpty() && resources.isEmpty();
  }

  /** The contents by file name; none if there is nothing to keep. */
  Map<String, String> files() {
    Map<String, String> files = new TreeMap<>();
    if (isEmpty()) {
      return files;
    }
    List<String> parts = new ArrayList<>();
    if (!fields.isEmpty() || !methods.isEmpty()) {
      parts.add("  \"reflection\": [\n" + types("type", "    ") + "\n  ]");
      files.put("reflect-config.json", "[\n" + types("name", "  ") + "\n]\n");
    }
    if (!resources.isEmpty()) {
      parts.add(resources.stream()
          .map(name -> "    {\"glob\": \"" + name + "\"}")
          .collect(Collectors.joining(",\n", "  \"resources\": [\n", "\n  ]")));
    }
    files.put("reachability-metadata.json", "{\n" + String.join(",\n", parts) + "\n}\n");
    if (!resources.isEmpty()) {
      files.put(
          "resource-config.json",
          resources.stream()
              .map(name -> "    {\"pattern\": \"\\\\Q" + name + "\\\\E\"}")
              .collect(Collectors.joining(
                  ",\n", "{\"resources\": {\n  \"includes\": [\n", "\n  ]\n}}\n")));
    }
    return files;
  }

  private String types(String key, String indent) {
    Set<String> names = new TreeSet<>(fields.keySet());
    names.addAll(methods.keySet());
    return names.stream()
        .map(name -> indent + "{\"" + key + "\": \"" + name + "\""
            + members("fields", fields.get(name))
            + members("methods", methods.get(name))
            + "}")
        .collect(Collectors.joining(",\n"));
  }

  private static String members(String key, @Nullable Set<String> members) {
    return members == null ? "" : ", \"" + key + "\": [" + String.join(", ", members) + "]";
  }
}
