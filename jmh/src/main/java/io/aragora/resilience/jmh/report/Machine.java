package io.aragora.resilience.jmh.report;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The machine of a run: the facts that a reader needs, and none that identifies its owner.
 *
 * @param processor model of the processor
 * @param processors how many the JVM sees
 * @param system operating system, its version, and the architecture
 * @param jdk virtual machine and version
 * @param load load average when the run began; negative if it is unknown
 */
public record Machine(String processor, int processors, String system, String jdk, double load) {
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
  static final String UNKNOWN = "unknown";
  private static final String LOAD = "load average at the start";

  static Machine present() {
    return new Machine(
        model(),
        Runtime.getRuntime().availableProcessors(),
        String.join(" ", property("os.name"), property("os.version"), property("os.arch")),
        property("java.vm.name") + " " + property("java.runtime.version"),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  /**
   * Reads a machine from its {@link #lines}.
   *
   * @throws IllegalArgumentException if a line is missing or invalid
   */
  static Machine of(Map<String, String> lines) {
    String load = Run.required(lines, LOAD);
    return new Machine(
        Run.required(lines, "processor"),
        (int) Run.number("processors", Run.required(lines, "processors")),
        Run.required(lines, "system"),
        Run.required(lines, "jdk"),
        load.equals(UNKNOWN) ? -1 : Run.number(LOAD, load));
  }

  private static String property(String name) {
    return System.getProperty(name, UNKNOWN);
  }

  private static String model() {
    if (!Files.isReadable(PROCESSORS)) {
      return UNKNOWN;
    }
    try (Stream<String> lines = Files.lines(PROCESSORS)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).trim())
          .findFirst()
          .orElse(UNKNOWN);
    } catch (IOException e) {
      return UNKNOWN;
    }
  }

  /** The machine in a few words, for the head of a table. */
  public String title() {
    return jdk + ", " + processor + ", " + processors + " processors";
  }

  /** The version of the JDK without the suffix of its builder, for example 17.0.15. */
  String jdkVersion() {
    return jdk.substring(jdk.lastIndexOf(' ') + 1).split("[-+]", 2)[0];
  }

  /** Whether the JDK has virtual threads. */
  boolean hasVirtualThreads() {
    return Run.number("feature of the jdk", jdkVersion().split("\\.", 2)[0]) >= 21;
  }

  /** Whether the load was so high that the figures may be wrong. */
  boolean isBusy() {
    return load > 0.5 * processors;
  }

  String loadText() {
    return load < 0 ? UNKNOWN : String.format(Locale.ROOT, "%.2f", load);
  }

  List<String> lines() {
    return List.of(
        "processor: " + processor,
        "processors: " + processors,
        "system: " + system,
        "jdk: " + jdk,
        LOAD + ": " + loadText());
  }
}
