package io.aragora.resilience.guards;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** An import of {@code resilience-bom} gives a version for each artifact that applications use. */
class BomTest {
  private static final Pattern ARTIFACT = Pattern.compile("<artifactId>(resilience-[^<]+)<");
  private static final Pattern PARENT = Pattern.compile("<parent>.*?</parent>", Pattern.DOTALL);

  @Test
  void theBom_hasEveryArtifact() throws IOException {
    Set<String> artifacts = new TreeSet<>();
    for (Path module : PublishedPomsTest.published()) {
      artifacts.add(artifactsIn(module.resolve("pom.xml")).iterator().next());
    }
    artifacts.remove("resilience-bom");

    Set<String> listed = artifactsIn(LibraryModule.ROOT.resolve("resilience-bom/pom.xml"));
    listed.remove("resilience-bom");
    assertThat(listed).isEqualTo(artifacts);
  }

  /** In their order, that of the pom itself first. */
  private static Set<String> artifactsIn(Path pom) throws IOException {
    Set<String> artifacts = new LinkedHashSet<>();
    Matcher matcher = ARTIFACT.matcher(PARENT.matcher(Files.readString(pom)).replaceAll(""));
    while (matcher.find()) {
      artifacts.add(matcher.group(1));
    }
    return artifacts;
  }
}
