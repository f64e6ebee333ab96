package io.aragora.resilience.guards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.aragora.resilience.Resilience;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The descriptor and all exported signatures of each module equal those in {@code guards/api}. A change of the API is
 * therefore visible in a review as a change of that file.
 */
class ApiSignatureTest {
  private static final Path FOLDER = LibraryModule.ROOT.resolve("guards/api");
  private static final boolean UPDATE = Boolean.getBoolean("api.update");
  private static final String COMMAND =
      "mvn -B -ntp -pl guards -am verify -Dtest=ApiSignatureTest -Dsurefire.failIfNoSpecifiedTests=false -Dapi.update=true";

  static List<LibraryModule> modules() {
    return LibraryModule.all();
  }

  @ParameterizedTest
  @MethodSource("modules")
  void whatAModuleExports_isWhatIsWrittenDown(LibraryModule module) throws Exception {
    Path file = FOLDER.resolve(module.name() + ".txt");
    List<String> present = promises(module);
    if (UPDATE) {
      Files.write(file, present);
    }
    List<String> writtenDown = Files.exists(file) ? Files.readAllLines(file) : List.of();

    if (!present.equals(writtenDown)) {
      fail(
          "the API of %s differs from %s. If this is intended, update the file with%n  %s%nremoved:%n%s%nadded:%n%s",
          module,
          file.getFileName(),
          COMMAND,
          without(writtenDown, present),
          without(present, writtenDown));
    }
  }

  private static String without(Collection<String> lines, Collection<String> others) {
    return lines.stream()
        .filter(line -> !others.contains(line))
        .collect(Collectors.joining(System.lineSeparator()));
  }

  @Test
  void everyFile_isOfAModule() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(
              modules().stream().map(module -> module.name() + ".txt").toList());
    }
  }

  /** Methods for few callers belong behind one method, as in {@code unregistered()} and {@code policies()}. */
  @Test
  void entryPoint_hasFewerThan30Methods() {
    assertThat(Arrays.stream(Resilience.class.getMethods()).map(Method::getName).distinct())
        .hasSizeLessThan(30);
  }

  private static List<String> promises(LibraryModule module) throws ClassNotFoundException {
    List<String> lines = new ArrayList<>();
    ModuleDescriptor descriptor = module.descriptor();
    lines.add("module " + descriptor.name());
    Set<String> directives = new TreeSet<>();
    for (ModuleDescriptor.Requires required : descriptor.requires()) {
      directives.add("  requires " + modifiers(required.modifiers()) + required.name());
    }
    for (ModuleDescriptor.Exports exported : descriptor.exports()) {
      directives.add("  exports " + exported.source() + to(exported.targets()));
    }
    for (ModuleDescriptor.Opens opened : descriptor.opens()) {
      directives.add("  opens " + opened.source() + to(opened.targets()));
    }
    descriptor.uses().forEach(service -> directives.add("  uses " + service));
    for (ModuleDescriptor.Provides provided : descriptor.provides()) {
      directives.add(
          "  provides " + provided.service() + " with " + String.join(", ", provided.providers()));
    }
    lines.addAll(directives);
    for (String name : module.classNames()) {
      if (isExported(name, descriptor)) {
        Class<?> type = Class.forName(name, false, ApiSignatureTest.class.getClassLoader());
        if (Signatures.isVisible(type)) {
          lines.add("");
          lines.addAll(Signatures.of(type));
        }
      }
    }
    return lines;
  }

  private static boolean isExported(String type, ModuleDescriptor descriptor) {
    String name = type.substring(0, type.lastIndexOf('.'));
    return descriptor.exports().stream()
        .anyMatch(exported -> !exported.isQualified() && exported.source().equals(name));
  }

  private static String modifiers(Set<ModuleDescriptor.Requires.Modifier> modifiers) {
    return modifiers.stream()
        .filter(modifier -> modifier != ModuleDescriptor.Requires.Modifier.MANDATED)
        .sorted()
        .map(modifier -> modifier.name().toLowerCase(java.util.Locale.ROOT) + " ")
        .collect(Collectors.joining());
  }

  private static String to(Set<String> targets) {
    return targets.isEmpty() ? "" : " to " + String.join(", ", new TreeSet<>(targets));
  }
}
