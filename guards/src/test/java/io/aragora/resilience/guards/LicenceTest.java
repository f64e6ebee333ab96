package io.aragora.resilience.guards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.aragora.resilience.Resilience;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

/** Every jar that the build makes carries the licence and the notice, and the files that were taken from elsewhere say so. */
class LicenceTest {
  private static final Path ROOT = LibraryModule.ROOT;

  @Test
  void everyJar_hasLicenceAndNotice() throws IOException, URISyntaxException {
    // With "mvn test" there are no jars: classes are read from folders.
    assumeTrue(
        Files.isRegularFile(Path.of(
            Resilience.class.getProtectionDomain().getCodeSource().getLocation().toURI())),
        "jars are built by verify");
    byte[] licence = Files.readAllBytes(ROOT.resolve("LICENSE"));
    byte[] notice = Files.readAllBytes(ROOT.resolve("NOTICE"));
    List<Path> jars = jars();
    for (LibraryModule module : LibraryModule.all()) {
      assertThat(jars)
          .as("the jar of " + module)
          .anyMatch(jar -> jar.startsWith(module.folder())
              && jar.getFileName().toString().startsWith(module.artifact() + "-"));
    }
    for (Path jar : jars) {
      try (JarFile file = new JarFile(jar.toFile())) {
        assertThat(bytes(file, "META-INF/LICENSE")).as("LICENSE of " + jar).isEqualTo(licence);
        assertThat(bytes(file, "META-INF/NOTICE")).as("NOTICE of " + jar).isEqualTo(notice);
      }
    }
  }

  @Test
  void classesOfOthers_areInTheNotice() throws IOException {
    String notice = Files.readString(ROOT.resolve("NOTICE"));
    for (LibraryModule module : LibraryModule.all()) {
      for (Path file : generated(module)) {
        String source = Files.readString(file);
        assertThat(source)
            .as("keeps its licence, and says that it was changed: " + file)
            .contains("Licensed under the Apache License", "// Changed by Aragora Resilience: ");
        String copyright = source
            .lines()
            .filter(line -> line.contains("Copyright"))
            .findFirst()
            .orElseThrow();
        assertThat(notice)
            .contains(module.artifact())
            .contains(copyright.substring(copyright.indexOf("Copyright")).strip());
      }
    }
  }

  private static List<Path> jars() throws IOException {
    try (Stream<Path> modules = Files.list(ROOT);
        Stream<Path> bridges = Files.list(LibraryModule.BRIDGES)) {
      return Stream.concat(modules, bridges)
          .map(folder -> folder.resolve("target"))
          .filter(Files::isDirectory)
          .flatMap(target -> list(target).stream())
          .filter(file -> file.toString().endsWith(".jar"))
          .toList();
    }
  }

  private static List<Path> generated(LibraryModule module) throws IOException {
    Path sources = module.folder().resolve("target/generated-sources");
    if (!Files.isDirectory(sources)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(sources)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList();
    }
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] bytes(JarFile jar, String name) throws IOException {
    ZipEntry entry = jar.getEntry(name);
    assertThat(entry).as(name + " of " + jar.getName()).isNotNull();
    try (InputStream in = jar.getInputStream(entry)) {
      return in.readAllBytes();
    }
  }
}
