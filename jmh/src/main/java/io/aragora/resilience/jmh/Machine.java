package io.aragora.resilience.jmh;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The machine that was measured on: what a reader has to know, and nothing that tells whose it is.
 *
 * @param processor model of the processor
 * @param processors how many the JVM sees
 * @param system operating system, its version, and the architecture
 * @param jdk virtual machine and version
 * @param load load average when the run began; negative where it is unknown
 */
record Machine(String processor, int processors, String system, String jdk, double load) {
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

  static Machine present() {
    return new Machine(
        model(),
        Runtime.getRuntime().availableProcessors(),
        String.join(" ", property("os.name"), property("os.version"), property("os.arch")),
        property("java.vm.name") + " " + property("java.runtime.version"),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  private static String property(String name) {
    return System.getProperty(name, "unknown");
  }

  private static String model() {
    if (!Files.isReadable(PROCESSORS)) {
      return "unknown";
    }
    try (Stream<String> lines = Files.lines(PROCESSORS)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).trim())
          .findFirst()
          .orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }

  /** In a few words, for the head of a table. */
  String title() {
    return jdk + ", " + processor + ", " + processors + " processors";
  }

  List<String> lines() {
    return List.of(
        "processor: " + processor,
        "processors: " + processors,
        "system: " + system,
        "jdk: " + jdk,
        "load average at the start: "
            + (load < 0 ? "unknown" : String.format(Locale.ROOT, "%.2f", load)));
  }
}
