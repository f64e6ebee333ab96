package io.aragora.resilience.guards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaFieldAccess;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What runs under the locks of plug-ins, of bridges and of the API: no code that the application or its framework provides, since it may
 * block, and may wait for a thread that wants the same lock. Regions are found in the sources, calls in the class files. For core,
 * NoLockHeldTest asks the JVM.
 */
class LocksTest {
  private static final String LIBRARY = "io.aragora.resilience.";

  private static final String STORE =
      "a store is foreign code itself: the runtime calls it on threads of its own, and waits a bounded time";

  /** By a pattern of the class that has the lock and of the type that it calls under it: why that is right. */
  private static final Map<String, String> REASONS = Map.of(
      "persistence\\.(sqlite|postgresql)\\.\\w+ -> .*",
      STORE,
      "redis\\.RedisQuotaStore -> .*",
      STORE,
      "health\\.page\\.TransitionWatch -> java\\.util\\.function\\.Consumer",
      "the consumer is the timeline of the live page",
      "metrics\\.prometheus\\.\\w+ -> io\\.prometheus\\..*",
      "histograms, labels and the registry of the Prometheus client run no code of the application",
      "metrics\\.prometheus\\.(RegistryCollectors|ResilienceCollector) -> io\\.aragora\\.resilience\\.Resilience",
      "the name of a runtime, which core implements",
      "metrics\\.prometheus\\.ResilienceCollector -> .*GuardedLog",
      "its caller holds a quiet lock, so the line waits",
      "metrics\\.prometheus\\.RuntimeSeries -> io\\.aragora\\.resilience\\..*",
      "core implements them, and its readings run no code of the application but the clock",
      "metrics\\.prometheus\\.RuntimeSeries -> java\\.util\\.function\\.IntFunction",
      "the function is one of the same class");

  private static final Map<String, String> REASONS_OF_BRIDGES = Map.of(
      "grpc\\.ResilienceClientInterceptor -> io\\.grpc\\.ClientCall",
      "the constructor of an own subclass",
      "micrometer\\.MicrometerMetrics -> java\\.util\\.function\\.Predicate",
      "the predicate is one of the same class, and compares identities",
      "reactor\\.FluxCall -> reactor\\.core\\.publisher\\.Operators",
      "adds two numbers",
      "resilience4j\\.RateLimiterView -> .*",
      "core implements the limiter, its body is a completed stage, and under the quiet lock events and lines of the log wait");

  private static final Map<String, String> REASONS_OF_INITIALISERS = Map.of(
      "core\\.recording\\.\\w+Event -> jdk\\.jfr\\.Event",
      "the constructor of an event, which does nothing",
      "http\\.client\\.LeftoverBody -> .*",
      "a function that is made there and runs later",
      "metrics\\.prometheus\\.(BreakerFamily|Families) -> io\\.prometheus\\..*",
      "descriptions of metrics run no code of the application",
      "persistence\\.postgresql\\.BreakerRow -> java\\.util\\.function\\.Function",
      "the function is one of the same class",
      "(reference\\.RetryPresets|retry\\.RetryConfig) -> .*",
      "the presets have no budget, and predicates of the library");

  private static final Map<String, String> REASONS_OF_INITIALISERS_OF_BRIDGES = Map.of(
      "grpc\\.\\w+ -> io\\.grpc\\.(CallOptions|Metadata)\\$Key",
      "keys of gRPC run no code of the application",
      "opentelemetry\\.OpenTelemetryContext -> io\\.opentelemetry\\.context\\.\\w+",
      "a function that is made there and runs later; the root context, which OpenTelemetry makes under a lock of its own",
      "opentelemetry\\.TelemetryNames -> io\\.opentelemetry\\.api\\.common\\.AttributeKey",
      "keys of OpenTelemetry run no code of the application",
      "spring\\.EnvironmentSettings -> .*ConfigurationPropertyName",
      "a name of Spring, made of a text",
      "spring\\.ResilienceAdvisor -> org\\.springframework\\.aop\\.support\\.StaticMethodMatcher",
      "the constructor of an own subclass",
      "spring\\.(ReturnedTypes|http\\.SpringHttpFailures) -> org\\.springframework\\.util\\.ClassUtils",
      "looks for classes by the loader of the class itself, as the JVM does when it links it");

  private static final Pattern COMMENT_OR_TEXT =
      Pattern.compile("(?s)/\\*.*?\\*/|//[^\\n]*|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\])'");

  private static final Pattern SYNCHRONIZED = Pattern.compile("\\bsynchronized\\b");
  private static final Pattern LOCKED = Pattern.compile("\\b(\\w+)\\.lock\\(\\);\\s*try\\s*\\{");
  private static final Pattern TRIED = Pattern.compile("\\b(\\w+)\\.tryLock\\(");

  /** Types of the JDK through which a class calls code that it was given. */
  private static final Pattern GIVEN = Pattern.compile(
      "java\\.util\\.function\\..*|java\\.lang\\.(Runnable|AutoCloseable|System\\$Logger)"
          + "|java\\.util\\.concurrent\\.(Callable|Executor|ExecutorService|CompletableFuture|CompletionStage|Flow\\$.*)"
          + "|java\\.util\\.ServiceLoader|java\\.time\\.(Clock|InstantSource)|java\\.sql\\..*|javax\\..*");

  @Test
  void locksOfTheLibrary_noForeignCodeRunsUnderThem() {
    Map<Path, List<Region>> regions = regions(LibraryModule.all().stream()
        .filter(module -> !module.artifact().matches("resilience-(core|testing)"))
        .map(LibraryModule::sources)
        .toList());

    assertThat(regions.values().stream().mapToInt(List::size).sum()).isGreaterThan(60);
    check(findings(Library.CLASSES, regions), REASONS);
  }

  @Test
  void locksOfBridges_noForeignCodeRunsUnderThem() {
    List<Path> sources = new ArrayList<>();
    for (Path bridge : bridges()) {
      sources.add(bridge.resolve("src/main/java"));
      sources.add(bridge.resolve("src/main/kotlin"));
    }
    Map<Path, List<Region>> regions =
        regions(sources.stream().filter(Files::exists).toList());

    assertThat(regions.values().stream().mapToInt(List::size).sum()).isGreaterThan(15);
    check(findings(classesWithBridges(), regions), REASONS_OF_BRIDGES);
  }

  private static JavaClasses classesWithBridges() {
    List<Path> classes = new ArrayList<>();
    bridges().forEach(bridge -> classes.add(bridge.resolve("target/classes")));
    assumeTrue(
        classes.stream().allMatch(Files::exists), "a build of this module leaves the bridges out");
    LibraryModule.all().forEach(module -> classes.add(module.classes()));
    return new ClassFileImporter().importPaths(classes);
  }

  /** A thread that initialises a class holds a lock, on which each other thread waits that uses the class for the first time. */
  @Test
  void classesOfTheLibrary_noForeignCodeRunsWhenTheyAreInitialised() {
    check(initialisers(Library.CLASSES), REASONS_OF_INITIALISERS);
  }

  @Test
  void classesOfBridges_noForeignCodeRunsWhenTheyAreInitialised() {
    JavaClasses all = classesWithBridges();
    Map<String, Set<String>> findings = initialisers(all);
    findings.keySet().removeAll(initialisers(Library.CLASSES).keySet());

    check(findings, REASONS_OF_INITIALISERS_OF_BRIDGES);
  }

  private static void check(Map<String, Set<String>> findings, Map<String, String> reasons) {
    assertThat(findings.entrySet().stream()
            .filter(each -> reasons.keySet().stream().noneMatch(each.getKey()::matches))
            .map(each -> each.getKey() + " by" + each.getValue().iterator().next()))
        .as("prepare outside the lock and publish inside, or say here why it is right")
        .isEmpty();
    assertThat(reasons.keySet())
        .as("reasons that are needed")
        .allMatch(reason -> findings.keySet().stream().anyMatch(each -> each.matches(reason)));
  }

  private static List<Path> bridges() {
    try (Stream<Path> folders = Files.list(LibraryModule.BRIDGES)) {
      return folders
          .filter(folder -> Files.exists(folder.resolve("src/main")))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ---- regions

  /** Lines under a lock. Under a quiet one, lines of the log wait. */
  private record Region(int first, int last, boolean isQuiet) {
    boolean contains(int line) {
      return first <= line && line <= last;
    }
  }

  /** By the path below the folder of sources. */
  private static Map<Path, List<Region>> regions(Collection<Path> folders) {
    Map<Path, List<Region>> regions = new HashMap<>();
    for (Path folder : folders) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file :
            files.filter(each -> each.toString().matches(".*\\.(java|kt)")).toList()) {
          List<Region> found = regions(Files.readString(file));
          if (!found.isEmpty()) {
            regions.put(folder.relativize(file), found);
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return regions;
  }

  private static List<Region> regions(String source) {
    String code = COMMENT_OR_TEXT
        .matcher(source)
        .replaceAll(found -> found.group().replaceAll("[^\\n]", " "));
    List<Region> regions = new ArrayList<>();
    Matcher monitor = SYNCHRONIZED.matcher(code);
    while (monitor.find()) {
      regions.add(region(code, code.indexOf('{', monitor.end()), false));
    }
    Matcher lock = LOCKED.matcher(code);
    while (lock.find()) {
      regions.add(region(code, lock.end() - 1, isQuiet(code, lock.group(1))));
    }
    Matcher tried = TRIED.matcher(code);
    while (tried.find()) {
      // Taken in one place and released in another: everything between them.
      int unlocked = code.indexOf(tried.group(1) + ".unlock(", tried.end());
      if (unlocked >= 0) {
        regions.add(new Region(
            line(code, tried.start()), line(code, unlocked), isQuiet(code, tried.group(1))));
      }
    }
    return regions;
  }

  private static boolean isQuiet(String code, String lock) {
    return Pattern.compile("\\bQuietLock\\s+" + lock + "\\b").matcher(code).find();
  }

  private static Region region(String code, int open, boolean isQuiet) {
    int depth = 0;
    int end = open;
    do {
      char next = code.charAt(end++);
      depth += next == '{' ? 1 : next == '}' ? -1 : 0;
    } while (depth > 0);
    return new Region(line(code, open), line(code, end - 1), isQuiet);
  }

  private static int line(String code, int position) {
    return 1
        + (int) code.substring(0, position).chars().filter(each -> each == '\n').count();
  }

  // ---- calls

  private static Map<String, Set<String>> findings(
      JavaClasses classes, Map<Path, List<Region>> regions) {
    Map<String, Set<String>> findings = new TreeMap<>();
    for (JavaClass type : classes) {
      for (Region region : regions.getOrDefault(file(type), List.of())) {
        for (JavaAccess<?> access : type.getAccessesFromSelf()) {
          if (region.contains(access.getLineNumber())) {
            add(findings, type, access, region.isQuiet);
          }
        }
      }
    }
    return findings;
  }

  private static Map<String, Set<String>> initialisers(JavaClasses classes) {
    Map<String, Set<String>> findings = new TreeMap<>();
    for (JavaClass type : classes) {
      type.getStaticInitializer()
          .ifPresent(initialiser -> initialiser
              .getAccessesFromSelf()
              .forEach(access -> add(findings, type, access, false)));
    }
    return findings;
  }

  private static void add(
      Map<String, Set<String>> findings, JavaClass type, JavaAccess<?> access, boolean isQuiet) {
    String owner = type.getName().replaceFirst("\\$.*", "").substring(LIBRARY.length());
    foreign(access, isQuiet)
        .forEach(called -> findings
            .computeIfAbsent(owner + " -> " + called.type, none -> new TreeSet<>())
            .add(called.way));
  }

  private static Path file(JavaClass type) {
    String name = type.getSource().flatMap(source -> source.getFileName()).orElse("");
    return Path.of(type.getPackageName().replace('.', '/'), name);
  }

  /** A foreign type, and the calls that lead to it. */
  private record Called(String type, String way) {}

  /** Follows a call through the classes of the library. */
  private static Set<Called> foreign(JavaAccess<?> first, boolean isQuiet) {
    Set<Called> found = new HashSet<>();
    Set<String> seen = new HashSet<>();
    ArrayDeque<Map.Entry<JavaAccess<?>, String>> open = new ArrayDeque<>();
    open.add(Map.entry(first, ""));
    while (!open.isEmpty()) {
      Map.Entry<JavaAccess<?>, String> next = open.poll();
      JavaAccess<?> access = next.getKey();
      String way = next.getValue() + " > " + access.getTarget().getFullName();
      JavaClass owner = access.getTargetOwner();
      if (access instanceof JavaFieldAccess || !seen.add(access.getTarget().getFullName())) {
        continue;
      }
      if (isForeign(access, isQuiet)) {
        found.add(new Called(owner.getName(), way));
      } else if (owner.getName().startsWith(LIBRARY) && !runsLater(owner)) {
        for (JavaCodeUnit unit : units(access)) {
          unit.getAccessesFromSelf().forEach(each -> open.add(Map.entry(each, way)));
        }
      }
    }
    return found;
  }

  private static boolean isForeign(JavaAccess<?> access, boolean isQuiet) {
    JavaClass owner = access.getTargetOwner();
    String name = owner.getName();
    if (isLog(owner)) {
      return !isQuiet && !access.getTarget().getName().equals("of");
    }
    if (name.startsWith("java") || name.startsWith("[") || name.startsWith("kotlin.")) {
      return GIVEN.matcher(name).matches();
    }
    return !name.startsWith(LIBRARY) || (isOfTheApi(owner) && owner.isInterface());
  }

  /** A quiet lock runs what waits after it was released. */
  private static boolean runsLater(JavaClass owner) {
    return isLog(owner) || owner.getSimpleName().equals("QuietLock");
  }

  private static boolean isLog(JavaClass owner) {
    return owner.getSimpleName().matches("GuardedLog|SpringLog");
  }

  private static boolean isOfTheApi(JavaClass owner) {
    return Library.CLASSES.contain(owner.getName())
        && !owner
            .getPackageName()
            .matches("(?s).*\\.(internal|core|health\\.\\w+|metrics\\.\\w+|http\\.\\w+).*")
        && owner.getModifiers().contains(JavaModifier.PUBLIC);
  }

  /** The methods of the library that a call may run. */
  private static Set<JavaCodeUnit> units(JavaAccess<?> access) {
    Set<JavaCodeUnit> units = new HashSet<>();
    access.getTarget().resolveMember().stream()
        .filter(JavaCodeUnit.class::isInstance)
        .map(JavaCodeUnit.class::cast)
        .forEach(unit -> {
          units.add(unit);
          String[] parameters =
              unit.getRawParameterTypes().stream().map(JavaClass::getName).toArray(String[]::new);
          units.addAll(access.getTargetOwner().getAllSubclasses().stream()
              .flatMap(type -> type.tryGetMethod(unit.getName(), parameters).stream())
              .collect(Collectors.toSet()));
        });
    return units;
  }
}
