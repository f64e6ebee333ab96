package io.aragora.resilience.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.DisabledIfEnvironmentVariable;

/**
 * Runs every target over inputs that are made from its seeds, the same ones each time. {@code -Dfuzz.inputs} sets their number. An input
 * that fails is written to {@code target/fuzz}; moved to the target's seeds, it is run by every build.
 */
@DisabledIfEnvironmentVariable(named = "JAZZER_FUZZ", matches = ".*")
class GeneratedInputsTest {
  private static final int NUMBER = Integer.getInteger("fuzz.inputs", 500);
  private static final Path FINDINGS = Path.of("target", "fuzz");

  @TestFactory
  Stream<DynamicTest> targets_generatedInputs_pass() throws Exception {
    List<Method> targets = targets();
    assertThat(targets).isNotEmpty();
    return targets.stream()
        .map(target -> dynamicTest(name(target), () -> run(target, seeds(target))));
  }

  /** Without seeds, generated inputs would not reach far. */
  @TestFactory
  Stream<DynamicTest> targets_seeds_areThere() throws Exception {
    return targets().stream()
        .map(target -> dynamicTest(name(target), () -> assertThat(seeds(target)).isNotEmpty()));
  }

  static String name(Method target) {
    return target.getDeclaringClass().getSimpleName() + "." + target.getName();
  }

  private static void run(Method target, List<byte[]> seeds) throws Exception {
    Inputs inputs = new Inputs(seeds, name(target).hashCode());
    Constructor<?> constructor = target.getDeclaringClass().getDeclaredConstructor();
    constructor.setAccessible(true);
    target.setAccessible(true);
    for (int i = 0; i < NUMBER; i++) {
      byte[] input = inputs.next();
      try {
        target.invoke(constructor.newInstance(), (Object) input);
      } catch (InvocationTargetException e) {
        Files.createDirectories(FINDINGS);
        Path file = FINDINGS.resolve(name(target) + "-" + i);
        Files.write(file, input);
        throw new AssertionError("the input in " + file + " fails: " + e.getCause(), e.getCause());
      }
    }
  }

  static List<Method> targets() throws Exception {
    Path classes = classes();
    List<Method> targets = new ArrayList<>();
    try (Stream<Path> files = Files.walk(classes)) {
      for (Path file :
          files.filter(each -> each.toString().endsWith("FuzzTest.class")).toList()) {
        String name = classes.relativize(file).toString().replace('/', '.');
        Class<?> type = Class.forName(
            name.substring(0, name.length() - ".class".length()),
            false,
            GeneratedInputsTest.class.getClassLoader());
        Stream.of(type.getDeclaredMethods())
            .filter(method -> method.isAnnotationPresent(FuzzTest.class))
            .forEach(targets::add);
      }
    }
    targets.sort(Comparator.comparing(GeneratedInputsTest::name));
    return targets;
  }

  private static List<byte[]> seeds(Method target) throws IOException, URISyntaxException {
    Class<?> type = target.getDeclaringClass();
    Path folder =
        classes().resolve(type.getName().replace('.', '/') + "Inputs").resolve(target.getName());
    List<byte[]> seeds = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.sorted().toList()) {
          seeds.add(Files.readAllBytes(file));
        }
      }
    }
    return seeds;
  }

  private static Path classes() throws URISyntaxException {
    return Path.of(GeneratedInputsTest.class
        .getProtectionDomain()
        .getCodeSource()
        .getLocation()
        .toURI());
  }
}
