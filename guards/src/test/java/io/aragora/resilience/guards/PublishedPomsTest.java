package io.aragora.resilience.guards;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What applications read of an artifact: its POM as a repository has it, which the build writes. */
class PublishedPomsTest {
  private static final Pattern DESCRIPTION = Pattern.compile("<description>(.*?)</description>");

  @Test
  void publishedPoms_standAlone() throws IOException {
    int built = 0;
    for (Path module : published()) {
      Path pom = module.resolve("target/.flattened-pom.xml");
      if (Files.exists(pom)) {
        built++;
        assertThat(Files.readString(pom))
            .as(pom.toString())
            .doesNotContain("<parent>", "${")
            .contains("<name>", "<description>", "<license>");
      }
    }

    // The bridges are built before only if the whole project is.
    assertThat(built).isGreaterThan(LibraryModule.all().size());
    assertThat(LibraryModule.ROOT.resolve("resilience-bom/target/.flattened-pom.xml"))
        .exists();
  }

  @Test
  void eachArtifact_hasADescriptionOfItsOwn() throws IOException {
    Set<String> descriptions = new TreeSet<>();
    for (Path module : published()) {
      Matcher description = DESCRIPTION.matcher(Files.readString(module.resolve("pom.xml")));
      assertThat(description.find()).as("a description in the POM of " + module).isTrue();
      assertThat(descriptions.add(description.group(1)))
          .as("no other artifact has the description of " + module)
          .isTrue();
    }
  }

  /** The folders of all modules that are published. */
  static List<Path> published() throws IOException {
    List<Path> modules = new ArrayList<>();
    for (LibraryModule module : LibraryModule.all()) {
      modules.add(module.folder());
    }
    modules.add(LibraryModule.ROOT.resolve("resilience-bom"));
    try (Stream<Path> bridges = Files.list(LibraryModule.BRIDGES)) {
      for (Path bridge : bridges.sorted().toList()) {
        Path pom = bridge.resolve("pom.xml");
        if (Files.exists(pom) && !Files.readString(pom).contains("<maven.deploy.skip>true")) {
          modules.add(bridge);
        }
      }
    }
    return modules;
  }
}
