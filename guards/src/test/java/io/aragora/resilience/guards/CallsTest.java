package io.aragora.resilience.guards;

import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Calls that classes of the library must not make, read from the class files, those relocated from Agrona included. */
class CallsTest {
  private static final String TIME_OF_CORE = "io.aragora.resilience.core.time";

  private static final String SOCKETS =
      "sockets and viewers need real time, even if a runtime's time stands still";

  private static final String STORE =
      "a store has no runtime; it bounds waits, and compares its clock with that of the server";

  /** The classes that may read time or random numbers beside the time package of core, and why. */
  private static final Map<String, String> MAY_READ_TIME = Map.ofEntries(
      Map.entry(
          "io.aragora.resilience.core.agrona.BitUtil",
          "comes from Agrona with a method for random numbers, which is never called"),
      Map.entry("io.aragora.resilience.health.endpoint.EventStreams", SOCKETS),
      Map.entry("io.aragora.resilience.health.endpoint.Guesses", SOCKETS),
      Map.entry("io.aragora.resilience.health.page.LiveFeed", SOCKETS),
      Map.entry("io.aragora.resilience.health.page.LiveFeed$Viewer", SOCKETS),
      Map.entry(
          "io.aragora.resilience.core.quota.Quotas",
          "the number by which the fleet knows an instance has to differ from that of any other"),
      Map.entry("io.aragora.resilience.health.server.Answer", SOCKETS),
      Map.entry("io.aragora.resilience.health.server.Exchange", SOCKETS),
      Map.entry("io.aragora.resilience.health.server.SocketServer", SOCKETS),
      Map.entry("io.aragora.resilience.health.threads.LastingThread", SOCKETS),
      Map.entry("io.aragora.resilience.health.threads.OncePerMinute", SOCKETS),
      Map.entry("io.aragora.resilience.persistence.postgresql.ChangeListener", STORE),
      Map.entry(
          "io.aragora.resilience.persistence.postgresql.PostgresqlStateStore",
          "the number by which a store knows its own rows has to differ from that of any other instance"),
      Map.entry("io.aragora.resilience.persistence.postgresql.PostgresqlStateStoreProvider", STORE),
      Map.entry("io.aragora.resilience.persistence.postgresql.ServerClock", STORE),
      Map.entry(
          "io.aragora.resilience.persistence.sqlite.DatabaseFile",
          "names the copy of a broken file; a store has no runtime, and nothing is decided by it"),
      Map.entry(
          "io.aragora.resilience.persistence.sqlite.LoaderClaim",
          "the number by which a class loader knows its claims must differ from that of any other"));

  private static final Pattern COMMENT = Pattern.compile("(?s)/\\*.*?\\*/|//[^\\n]*");

  private static final Pattern LOGS_OR_PRINTS = Pattern.compile(
      "\\bgetLogger\\b|\\bSystem\\.Logger\\b(?!\\.Level)|\\bjava\\.lang\\.System\\.Logger;"
          + "|\\bjava\\.util\\.logging\\b|\\bLog(ger)?Factory\\b|\\bLogManager\\b|\\bSystem\\.(out|err)\\b"
          + "|\\bprint(StackTrace|ln)\\b|\\bexitProcess\\b|\\bSystem\\.exit\\b");

  @Test
  void theLibrary_isLookedAt() {
    assertThat(Library.CLASSES.size()).isGreaterThan(300);
    assertThat(Library.CLASSES.contain("io.aragora.resilience.Resilience")).isTrue();
    assertThat(Library.CLASSES.contain(
            "io.aragora.resilience.core.agrona.collections.Long2ObjectHashMap"))
        .isTrue();
  }

  @Test
  void timeAndChance_areReadByTheTimePackageOfCoreOnly() {
    Set<String> readers = new TreeSet<>();
    for (JavaClass type : Library.CLASSES) {
      if (!type.getPackageName().equals(TIME_OF_CORE)
          && type.getAccessesFromSelf().stream().anyMatch(CallsTest::readsTimeOrChance)) {
        readers.add(type.getName());
      }
    }

    assertThat(readers).isEqualTo(MAY_READ_TIME.keySet());
    assertThat(Library.CLASSES.get(TIME_OF_CORE + ".SystemTimeSource").getAccessesFromSelf())
        .as("the rule sees what it forbids")
        .anyMatch(CallsTest::readsTimeOrChance);
    assertThat(Library.CLASSES
            .get("io.aragora.resilience.core.agrona.BitUtil")
            .getMethod("generateRandomisedId")
            .getAccessesToSelf())
        .isEmpty();
  }

  private static boolean readsTimeOrChance(JavaAccess<?> access) {
    String owner = access.getTargetOwner().getName();
    String name = access.getTarget().getName();
    return switch (owner) {
      case "java.lang.System" -> name.equals("nanoTime") || name.equals("currentTimeMillis");
      case "java.lang.Math", "java.lang.StrictMath" -> name.equals("random");
      case "java.util.Date", "java.util.GregorianCalendar" -> name.equals("<init>");
      case "java.util.Calendar" -> name.equals("getInstance");
      case "java.util.Random", "java.util.SplittableRandom", "java.security.SecureRandom" ->
        name.equals("<init>") || name.startsWith("getInstance");
      case "java.util.UUID" -> name.equals("randomUUID");
      case "java.util.concurrent.ThreadLocalRandom" -> true;
      case "java.util.random.RandomGenerator", "java.util.random.RandomGeneratorFactory" ->
        name.equals("of") || name.equals("getDefault");
      case "java.time.Clock" -> name.startsWith("system") || name.startsWith("tick");
      case "java.time.InstantSource" -> name.equals("system");
      default -> owner.startsWith("java.time.") && name.equals("now");
    };
  }

  @Test
  void internalsOfTheJdk_areNotUsed() {
    noClasses()
        .should()
        .dependOnClassesThat(resideInAnyPackage("sun..", "jdk.internal..", "com.sun..")
            .and(DescribedPredicate.not(resideInAnyPackage("com.sun.net.httpserver"))))
        .because(
            "newer JDKs warn of sun.misc.Unsafe and forbid the rest; com.sun.net.httpserver is exported")
        .check(Library.CLASSES);
  }

  @Test
  void queues_areThoseWithoutUnsafe() {
    assertThat(Library.CLASSES.stream()
            .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
            .map(dependency -> dependency.getTargetClass())
            .filter(type -> type.getPackageName().startsWith("org.jctools"))
            .map(JavaClass::getPackageName)
            .distinct())
        .as(
            "the other queues of JCTools use sun.misc.Unsafe, which newer JDKs warn of and will forbid")
        .isSubsetOf("org.jctools.queues", "org.jctools.queues.varhandle")
        .contains("org.jctools.queues.varhandle");
    assertThat(Library.CLASSES.stream()
            .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
            .map(dependency -> dependency.getTargetClass())
            .filter(type -> type.getPackageName().equals("org.jctools.queues")))
        .as("of the package that has both, interfaces only")
        .allMatch(JavaClass::isInterface);
  }

  @Test
  void pluginsAndCore_meetThroughTheServiceLoaderOnly() {
    assertThat(Library.CLASSES.stream()
            .filter(type -> type.getAccessesFromSelf().stream()
                .anyMatch(
                    access -> access.getTargetOwner().getName().equals("java.util.ServiceLoader")))
            .map(JavaClass::getName))
        .containsExactly("io.aragora.resilience.internal.discovery.Providers");
  }

  @Test
  void providers_haveConstructorsThatDoNothing() {
    Set<String> providers = new TreeSet<>();
    for (LibraryModule module : LibraryModule.all()) {
      module.descriptor().provides().forEach(provides -> providers.addAll(provides.providers()));
    }

    assertThat(providers).hasSizeGreaterThanOrEqualTo(6);
    for (String provider : providers) {
      assertThat(Library.CLASSES.get(provider).getConstructors())
          .flatExtracting(constructor -> constructor.getCallsFromSelf())
          .extracting(call -> call.getTarget().getFullName())
          .as("what constructors of %s call", provider)
          .allMatch(called -> called.startsWith("java.lang.Object.<init>(")
              || called.startsWith(provider + ".<init>(")
              || called.matches(
                  "java\\.util\\.(concurrent\\.)?\\w+(Map|List)\\.<init>\\(\\)")); // empty
    }
  }

  @Test
  void logging_isSystemLogger() {
    noClasses()
        .should()
        .dependOnClassesThat(resideInAnyPackage(
            "java.util.logging..",
            "org.slf4j..",
            "org.apache.logging..",
            "org.apache.commons.logging.."))
        .because("System.Logger reaches whichever of them the application has")
        .check(Library.CLASSES);
  }

  @Test
  void logging_isBehindOneGuard() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("io.aragora.resilience.internal.GuardedLog")
        .should()
        .callMethod(System.class, "getLogger", String.class)
        .orShould()
        .callMethodWhere(target(owner(type(System.Logger.class))))
        .because("a log handler that throws must not end a call, or a thread of the library")
        .check(Library.CLASSES);
  }

  /** Their sources, Kotlin's included, since a build of this module alone leaves the bridges out. */
  @Test
  void loggingOfBridges_isBehindTheSameGuard() throws IOException {
    Map<String, String> sources = sourcesOfBridges();
    Set<String> bridges = new TreeSet<>();
    Set<String> findings = new TreeSet<>();
    sources.forEach((file, text) -> {
      bridges.add(file.substring(0, file.indexOf('/')));
      Matcher found = LOGS_OR_PRINTS.matcher(COMMENT.matcher(text).replaceAll(""));
      while (found.find()) {
        findings.add(file + ": " + found.group());
      }
    });

    assertThat(bridges)
        .contains(
            "grpc",
            "kotlin",
            "micrometer",
            "opentelemetry",
            "reactor",
            "resilience4j",
            "spring-boot");
    assertThat(sources).hasSizeGreaterThan(70);
    assertThat(findings)
        .as("a log handler that throws must not leave attach, a scrape or a call: use GuardedLog")
        .isEmpty();
  }

  private static Map<String, String> sourcesOfBridges() throws IOException {
    Map<String, String> sources = new TreeMap<>();
    try (Stream<Path> files = Files.walk(LibraryModule.BRIDGES)) {
      for (Path file :
          files.filter(each -> each.toString().matches(".*\\.(java|kt)")).toList()) {
        String path = LibraryModule.BRIDGES.relativize(file).toString().replace('\\', '/');
        // SpringLog is the guard around the logging of Spring.
        if (path.contains("/src/main/") && !path.endsWith("/spring/SpringLog.java")) {
          sources.put(path, Files.readString(file));
        }
      }
    }
    return sources;
  }

  @Test
  void nothing_isPrintedOrEndsTheProcess() {
    noClasses()
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .accessTargetWhere(named("printStackTrace"))
        .orShould()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .because("a library logs, and leaves the process to the application")
        .check(Library.CLASSES);
  }

  @Test
  void noTest_sleeps() {
    JavaClasses tests = new ClassFileImporter().importPaths(testClasses());

    assertThat(tests.size()).isGreaterThan(100);
    noClasses()
        .should()
        .accessTargetWhere(named("sleep"))
        .because("tests use ManualTime, or wait for the condition itself")
        .check(tests);
    noClasses()
        .should()
        .accessTargetWhere(named("sleep"))
        .because("waits go through TimeSource, a monitor or a queue")
        .check(Library.CLASSES);
  }

  private static DescribedPredicate<JavaAccess<?>> named(String name) {
    return DescribedPredicate.describe(
        "the target is " + name, access -> access.getTarget().getName().equals(name));
  }

  private static Collection<Path> testClasses() {
    try (Stream<Path> folders = Files.list(LibraryModule.ROOT)) {
      return Stream.concat(folders, Stream.of(LibraryModule.ROOT.resolve("examples/consumers")))
          .map(folder -> folder.resolve("target/test-classes"))
          .filter(Files::exists)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
