package io.aragora.resilience.jmh.start;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A program whose start is measured.
 *
 * @param name of its row
 * @param arguments of its JVM: paths and main class
 */
record Subject(String name, List<String> arguments) {
  private static final String MODULE = "io.aragora.resilience";

  /**
   * Lays out the programs, each with the jars of its own library only, as the build or the local repository has them. SLF4J,
   * of which this build pins no version, is taken from the jar of this class.
   */
  static List<Subject> all(Path scratch) throws IOException, URISyntaxException {
    Path benchmarks = Path.of(
        Subject.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Path root = benchmarks.getParent().getParent().getParent();
    Properties versions = new Properties();
    try (InputStream stream = Subject.class.getResourceAsStream("versions.properties")) {
      versions.load(stream);
    }
    String version = versions.getProperty("project");
    String jctools = versions.getProperty("jctools");
    String resilience4j = versions.getProperty("resilience4j");
    String programs =
        part(benchmarks, scratch.resolve("programs.jar"), "io/aragora/resilience/jmh/start/");
    String ours = path(
        root.resolve("resilience-api/target/resilience-api-" + version + ".jar"),
        root.resolve("resilience-core/target/resilience-core-" + version + ".jar"),
        kept("org.jctools", "jctools-core-jdk11", jctools),
        kept("org.jctools", "jctools-core", jctools));
    String peer = path(
        kept("io.github.resilience4j", "resilience4j-circuitbreaker", resilience4j),
        kept("io.github.resilience4j", "resilience4j-retry", resilience4j),
        kept("io.github.resilience4j", "resilience4j-timelimiter", resilience4j),
        kept("io.github.resilience4j", "resilience4j-core", resilience4j),
        Path.of(part(benchmarks, scratch.resolve("slf4j.jar"), "org/slf4j/")));
    String failsafe = path(kept("dev.failsafe", "failsafe", versions.getProperty("failsafe")));
    return List.of(
        new Subject("empty", onClassPath(StartedProgram.class, programs)),
        new Subject("ours", onClassPath(OurProgram.class, programs, ours)),
        new Subject(
            "ours, module path",
            Stream.concat(
                    Stream.of("-p", ours, "--add-modules", MODULE + ',' + MODULE + ".core"),
                    onClassPath(OurProgram.class, programs).stream())
                .toList()),
        new Subject("Resilience4j", onClassPath(Resilience4jProgram.class, programs, peer)),
        new Subject("Failsafe", onClassPath(FailsafeProgram.class, programs, failsafe)));
  }

  private static Path kept(String group, String artifact, String version) {
    String repository = System.getProperty(
        "maven.repo.local",
        Path.of(System.getProperty("user.home"), ".m2", "repository").toString());
    return Path.of(repository, group.split("\\."))
        .resolve(artifact)
        .resolve(version)
        .resolve(artifact + '-' + version + ".jar");
  }

  private static String path(Path... jars) throws IOException {
    for (Path jar : jars) {
      if (!Files.exists(jar)) {
        throw new IOException("missing: " + jar + ". Run mvn -pl jmh -am package -DskipTests");
      }
    }
    return Stream.of(jars).map(Path::toString).collect(Collectors.joining(File.pathSeparator));
  }

  private static List<String> onClassPath(Class<?> main, String... path) {
    List<String> arguments = new ArrayList<>(List.of("-cp", String.join(File.pathSeparator, path)));
    arguments.add(main.getName());
    return arguments;
  }

  /** Copies what begins with one of the prefixes into a jar of its own. */
  private static String part(Path whole, Path target, String... prefixes) throws IOException {
    try (JarFile from = new JarFile(whole.toFile());
        OutputStream file = Files.newOutputStream(target);
        JarOutputStream to = new JarOutputStream(file)) {
      for (JarEntry entry : from.stream().toList()) {
        if (!entry.isDirectory() && Stream.of(prefixes).anyMatch(entry.getName()::startsWith)) {
          to.putNextEntry(new JarEntry(entry.getName()));
          try (InputStream content = from.getInputStream(entry)) {
            content.transferTo(to);
          }
          to.closeEntry();
        }
      }
    }
    return target.toString();
  }
}
