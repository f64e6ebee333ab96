package io.aragora.resilience.jmh.report;

import java.util.List;

/** The library of a figure; a figure without one belongs to this library or to the machine. */
enum Library {
  RESILIENCE4J("Resilience4j", "R4j"),
  FAILSAFE("Failsafe", "Failsafe"),
  JDK("the JDK", "ScheduledThreadPool", "orTimeout", "LongAdder", "plain JDBC");

  private final String title;
  private final List<String> prefixes;

  Library(String title, String... prefixes) {
    this.title = title;
    this.prefixes = List.of(prefixes);
  }

  String title() {
    return title;
  }

  /** Returns whether a name of the table belongs to this library. */
  boolean has(String name) {
    return prefixes.stream().anyMatch(name::startsWith);
  }

  /** The table's name without the name of the library. */
  String variant(String name) {
    return prefixes.size() > 1
        ? name
        : name.substring(prefixes.get(0).length()).replaceFirst("^,? ", "");
  }
}
