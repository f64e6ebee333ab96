package io.aragora.resilience.guards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The metadata for native images is complete, as far as a test without the native compiler can check: it lists each field and method
 * that the code looks up by name, each provider, and each resource; all of them exist; and nothing else is looked up.
 */
class NativeImageTest {
  private static final boolean UPDATE = Boolean.getBoolean("api.update");
  private static final String COMMAND =
      "mvn -B -ntp -pl guards -am verify -Dtest=NativeImageTest -Dsurefire.failIfNoSpecifiedTests=false -Dapi.update=true";
  private static final String BACKGROUND_THREADS =
      "io.aragora.resilience.core.dispatch.BackgroundThreads";
  private static final String LATER_METHODS = "io.aragora.resilience.http.client.LaterMethods";
  private static final String PROVIDERS = "io.aragora.resilience.internal.discovery.Providers";
  private static final Pattern FIELD_HANDLE = Pattern.compile(
      "ConstantBootstraps\\s*\\.fieldVarHandle\\(\\s*MethodHandles\\.lookup\\(\\),\\s*\"(\\w+)\",\\s*VarHandle\\.class,\\s*(\\w+)\\.class,");

  /** Methods that are looked up by name, because the JDK of the compilation does not have them. */
  private static final List<LookedUp> LATER = List.of(
      new LookedUp(BACKGROUND_THREADS, 21, "java.lang.Thread", "ofVirtual"),
      new LookedUp(
          BACKGROUND_THREADS,
          21,
          "java.lang.Thread$Builder$OfVirtual",
          "name",
          "java.lang.String",
          "long"),
      new LookedUp(
          BACKGROUND_THREADS,
          21,
          "java.lang.Thread$Builder$OfVirtual",
          "inheritInheritableThreadLocals",
          "boolean"),
      new LookedUp(BACKGROUND_THREADS, 21, "java.lang.Thread$Builder$OfVirtual", "factory"),
      new LookedUp(
          BACKGROUND_THREADS,
          21,
          "java.util.concurrent.Executors",
          "newThreadPerTaskExecutor",
          "java.util.concurrent.ThreadFactory"),
      new LookedUp(LATER_METHODS, 21, "java.net.http.HttpClient", "close"),
      new LookedUp(LATER_METHODS, 21, "java.net.http.HttpClient", "shutdown"),
      new LookedUp(LATER_METHODS, 21, "java.net.http.HttpClient", "shutdownNow"),
      new LookedUp(LATER_METHODS, 21, "java.net.http.HttpClient", "isTerminated"),
      new LookedUp(
          LATER_METHODS, 21, "java.net.http.HttpClient", "awaitTermination", "java.time.Duration"),
      new LookedUp(LATER_METHODS, 25, "java.net.http.HttpResponse", "connectionLabel"));

  /** The classes that look up names at run time, beside handles of their own fields, and the metadata that covers them. */
  private static final Map<String, String> LOOK_UPS = Map.ofEntries(
      Map.entry(BACKGROUND_THREADS, "LATER"),
      Map.entry(LATER_METHODS, "LATER"),
      Map.entry(PROVIDERS, "services are known to the compiler; resources by ResilienceBuilder"),
      Map.entry("io.aragora.resilience.health.endpoint.StaticPage", "ownResources"),
      Map.entry("io.aragora.resilience.testing.StateStoreContract", "a suite of tests"),
      ofApplication("AnnotationSearch"),
      ofApplication("FallbackMethod"),
      ofApplication("TypeMethods"),
      ofApplication("ProtectedMethod"),
      ofApplication("ProtectingHandler"),
      ofApplication("TypeArguments"));

  private static Map.Entry<String, String> ofApplication(String type) {
    return Map.entry(
        "io.aragora.resilience.core.proxy." + type,
        "types of the application: docs/native-image.md");
  }

  /** A method that a class of the library looks up, and the first JDK that has it. */
  private record LookedUp(
      String by, int since, String owner, String method, String... parameters) {}

  static List<LibraryModule> modules() {
    return LibraryModule.all();
  }

  @ParameterizedTest
  @MethodSource("modules")
  void metadata_listsWhatIsLookedUp(LibraryModule module) throws Exception {
    NativeImageMetadata expected = expected(module);
    Path folder = module
        .folder()
        .resolve("src/main/resources/META-INF/native-image/io.aragora")
        .resolve(module.artifact());
    if (UPDATE && !expected.isEmpty()) {
      Files.createDirectories(folder);
      for (Map.Entry<String, String> file : expected.files().entrySet()) {
        Files.writeString(folder.resolve(file.getKey()), file.getValue());
      }
    }

    Map<String, String> present = new TreeMap<>();
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          present.put(file.getFileName().toString(), Files.readString(file));
        }
      }
    }
    if (!present.equals(expected.files())) {
      fail(
          "%s does not match the look-ups of the code; update it with%n  %s%n%s",
          folder, COMMAND, expected.files());
    }
  }

  private static NativeImageMetadata expected(LibraryModule module) throws Exception {
    NativeImageMetadata metadata = new NativeImageMetadata();
    Set<String> types = Set.copyOf(module.classNames());
    for (String type : types) {
      for (MatchResult handle : fieldHandles(module, Library.CLASSES.get(type))) {
        Class<?> owner = owner(types, type, handle.group(2));
        assertThat(owner.getDeclaredField(handle.group(1))).isNotNull();
        metadata.addField(owner.getName(), handle.group(1));
      }
    }
    for (LookedUp method : LATER) {
      if (types.contains(method.by())) {
        metadata.addMethod(method.owner(), method.method(), method.parameters());
      }
    }
    module.descriptor().provides().stream()
        .flatMap(provided -> provided.providers().stream())
        .forEach(provider -> metadata.addMethod(provider, "<init>"));
    if (types.contains(PROVIDERS)) {
      metadata.addResource("resilience.properties");
    }
    ownResources(module).forEach(metadata::addResource);
    return metadata;
  }

  /** The resources that a module reads, for example a page. */
  private static List<String> ownResources(LibraryModule module) throws IOException {
    Path resources = module.folder().resolve("src/main/resources");
    if (!Files.exists(resources)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(resources)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> resources.relativize(file).toString().replace('\\', '/'))
          .filter(file -> !file.startsWith("META-INF/"))
          .toList();
    }
  }

  /** Reads the handles of a top-level class and those nested in it from their source, and compares their number with the bytecode. */
  private static List<MatchResult> fieldHandles(LibraryModule module, JavaClass type)
      throws IOException {
    Path source = module.sources().resolve(type.getName().replace('.', '/') + ".java");
    if (!Files.exists(source)) {
      return List.of();
    }
    List<MatchResult> handles =
        FIELD_HANDLE.matcher(Files.readString(source)).results().toList();
    long calls = Library.CLASSES.stream()
        .filter(any -> any.getSource()
            .flatMap(file -> file.getFileName())
            .map(file -> (any.getPackageName() + "." + file).equals(type.getName() + ".java"))
            .orElse(false))
        .flatMap(any -> any.getAccessesFromSelf().stream())
        .filter(call -> call.getTargetOwner().getSimpleName().equals("ConstantBootstraps"))
        .count();
    assertThat(handles).as("handles in %s", source).hasSize((int) calls);
    return handles;
  }

  /** Finds a class by the name that the source of another one has for it: nested there, or beside it. */
  private static Class<?> owner(Set<String> types, String source, String simpleName)
      throws ClassNotFoundException {
    String beside = source.substring(0, source.lastIndexOf('.') + 1) + simpleName;
    String nested = source + "$" + simpleName;
    String name = types.contains(nested) ? nested : beside;
    return Class.forName(name, false, NativeImageTest.class.getClassLoader());
  }

  @Test
  void laterMethods_areAllListed_andExist() throws Exception {
    Map<String, Long> listed =
        LATER.stream().collect(Collectors.groupingBy(LookedUp::by, Collectors.counting()));

    assertThat(calls(BACKGROUND_THREADS, "java.lang.Class").stream()
            .filter(call -> call.getTarget().getName().equals("getMethod")))
        .hasSize(listed.get(BACKGROUND_THREADS).intValue());
    assertThat(calls(LATER_METHODS, LATER_METHODS).stream()
            .filter(call -> call.getTarget().getName().equals("find")))
        .hasSize(listed.get(LATER_METHODS).intValue());
    for (LookedUp method : LATER) {
      if (Runtime.version().feature() >= method.since()) {
        assertThat(Class.forName(method.owner()).getMethods())
            .anyMatch(present -> present.getName().equals(method.method())
                && Arrays.stream(present.getParameterTypes())
                    .map(Class::getName)
                    .toList()
                    .equals(List.of(method.parameters())));
      }
    }
  }

  private static List<JavaAccess<?>> calls(String by, String to) {
    return Library.CLASSES.get(by).getAccessesFromSelf().stream()
        .filter(call -> call.getTargetOwner().getName().equals(to))
        .<JavaAccess<?>>map(call -> call)
        .toList();
  }

  @Test
  void noOtherClass_looksUpAnything() {
    assertThat(Library.CLASSES.stream()
            .filter(type -> type.getAccessesFromSelf().stream().anyMatch(NativeImageTest::looksUp))
            .map(type -> type.getName().replaceFirst("\\$.*", ""))
            .distinct())
        .containsExactlyInAnyOrderElementsOf(LOOK_UPS.keySet());
  }

  private static boolean looksUp(JavaAccess<?> call) {
    String name = call.getTarget().getName();
    return switch (call.getTargetOwner().getName()) {
      case "java.lang.Class" ->
        name.equals("forName")
            || name.contains("Method")
            || name.contains("Constructor")
            || name.contains("Field")
            || name.startsWith("getResource");
      case "java.lang.ClassLoader" -> name.equals("loadClass") || name.startsWith("getResource");
      case "java.lang.Module" -> name.startsWith("getResource");
      case "java.lang.invoke.MethodHandles$Lookup" ->
        name.startsWith("find") || name.startsWith("unreflect");
      case "java.lang.reflect.Proxy" -> name.equals("newProxyInstance");
      case "java.util.ServiceLoader" -> name.startsWith("load");
      case "java.util.ResourceBundle" -> name.equals("getBundle");
      case "java.io.ObjectInputStream" -> true;
      default -> name.endsWith("FieldUpdater") && name.startsWith("newUpdater");
    };
  }

  @Test
  void theResource_isTheOnlyOne() throws IOException {
    List<String> names = Library.CLASSES.stream()
        .flatMap(type -> type.getAccessesFromSelf().stream())
        .filter(call -> call.getTargetOwner().getName().equals(PROVIDERS)
            && call.getTarget().getName().equals("resource"))
        .map(call -> call.getOriginOwner().getName())
        .toList();

    assertThat(names).containsExactly("io.aragora.resilience.ResilienceBuilder");
    assertThat(LibraryModule.ROOT.resolve(
            "resilience-api/src/main/java/io/aragora/resilience/ResilienceBuilder.java"))
        .content()
        .contains("providers.resource(\"resilience.properties\")");
  }
}
