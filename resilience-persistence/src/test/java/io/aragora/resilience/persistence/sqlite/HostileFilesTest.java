package io.aragora.resilience.persistence.sqlite;

import static io.aragora.resilience.persistence.sqlite.SavedBreakers.named;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files at the database's path, and beside it, before it is opened. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("any-jdk")
class HostileFilesTest extends SqliteStoreFixture {
  private static final List<String> BESIDE = List.of("-wal", "-shm", "-journal", "-lock");

  /** Everything in the folder with what can be seen of it: kind, permissions, content. */
  private Map<String, String> everything() throws Exception {
    Map<String, String> found = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path path : files.filter(each -> !each.equals(folder)).toList()) {
        found.put(
            folder.relativize(path).toString(),
            Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS)
                + (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
                    ? " " + Arrays.hashCode(Files.readAllBytes(path))
                    : ""));
      }
    }
    return found;
  }

  private static void plant(String kind, Path place, Path victim) throws Exception {
    switch (kind) {
      case "link" -> Files.createSymbolicLink(place, victim);
      case "link to nothing" -> Files.createSymbolicLink(place, victim.resolveSibling("nothing"));
      case "link to itself" -> Files.createSymbolicLink(place, place);
      case "hard link" -> Files.createLink(place, victim);
      case "folder" -> Files.createDirectory(place);
      case "pipe" -> run("mkfifo", place.toString());
      default -> throw new IllegalArgumentException(kind);
    }
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).start();
    assumeTrue(process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0, command[0]);
  }

  static Stream<Arguments> everyPlaceWithEveryKind() {
    return Stream.concat(Stream.of(""), BESIDE.stream())
        .flatMap(suffix -> Stream.of(
                "link", "link to nothing", "link to itself", "hard link", "folder", "pipe")
            .filter(kind -> !suffix.isEmpty() || !kind.equals("link"))
            .map(kind -> arguments(suffix, kind)));
  }

  @ParameterizedTest(name = "{1} as state.db{0}")
  @MethodSource("everyPlaceWithEveryKind")
  @DisplayName(
      "anything but a regular file is rejected, and neither it nor the files beside it change")
  void place_holdsNoRegularFile_isRejectedUntouched(String suffix, String kind) throws Exception {
    if (!suffix.isEmpty()) {
      writeDatabase();
      Files.deleteIfExists(Path.of(file + "-lock"));
    }
    Path victim = Files.writeString(folder.resolve("victim"), "of another application");
    Files.setPosixFilePermissions(victim, PosixFilePermissions.fromString("rw-rw-rw-"));
    plant(kind, Path.of(file + suffix), victim);
    Map<String, String> before = everything();

    assertThatExceptionOfType(StateStoreException.class)
        .isThrownBy(this::open)
        .withMessageContaining(file.toString())
        .withMessageContaining(kind.startsWith("link") ? "symbolic link" : kind)
        .withMessageContaining("stateStore");

    assertThat(everything()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/dev/null", "/dev/zero", "/dev/full", "/proc/self", "/"})
  void device_isRejectedUntouched(String path) throws Exception {
    Path device = Path.of(path);
    assumeTrue(Files.exists(device));
    Object before = Files.getAttribute(device, "unix:mode");

    assertThatExceptionOfType(StateStoreException.class)
        .isThrownBy(() -> open(device))
        .withMessageContaining("stateStore");

    assertThat(Files.getAttribute(device, "unix:mode")).isEqualTo(before);
  }

  @Test
  @DisplayName("the file itself may be a link; what SQLite puts beside it lies beside its target")
  void file_isALink_isFollowed() throws Exception {
    Path target = Files.createDirectory(folder.resolve("data")).resolve("real one #1.db");
    open(target).close();
    Files.createSymbolicLink(file, target);

    SqliteStateStore store = open();
    store.save(List.of(named("db")));
    store.save(List.of(named("db", 2)));
    store.close();

    assertThat(names(open(target))).containsExactly("db");
    assertThat(names(open())).containsExactly("db");
    assertThat(filesNamed("state\\.db.*")).containsExactly("state.db");
  }

  static Stream<Arguments> foreignDatabases() {
    return Stream.of("delete", "delete and half written", "wal", "wal without its index")
        .flatMap(mode -> Stream.of(0, 1, 2, 3, -7, 70)
            .flatMap(version -> Stream.of("customers", "circuit_breakers")
                .map(table -> arguments(mode, version, table))));
  }

  @ParameterizedTest(name = "journal mode {0}, version {1}, table {2}")
  @MethodSource("foreignDatabases")
  @DisplayName(
      "the database of another application is rejected, whatever its version, and neither it"
          + " nor the files beside it change")
  void file_isOfAnotherApplication_isUntouched(String mode, int version, String table)
      throws Exception {
    Path origin = folder.resolve("origin.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + origin);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = " + mode.split(" ")[0]);
      statement.execute("CREATE TABLE " + table + " (something_else)");
      statement.execute("PRAGMA user_version = " + version);
      statement.execute("INSERT INTO " + table + " VALUES (1)");
      statement.execute("PRAGMA cache_size = 1");
      statement.execute("BEGIN");
      if (mode.contains("half written")) {
        statement.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)"
                + " INSERT INTO " + table + " SELECT randomblob(999) FROM n");
      }
      // As if the process were killed now: everything may be in the log only.
      List<String> left =
          mode.contains("without") ? List.of("", "-wal") : List.of("", "-wal", "-shm", "-journal");
      for (String suffix : left) {
        if (Files.exists(Path.of(origin + suffix))) {
          Files.copy(Path.of(origin + suffix), Path.of(file + suffix));
          Files.setPosixFilePermissions(
              Path.of(file + suffix), PosixFilePermissions.fromString("rw-rw-rw-"));
        }
      }
      statement.execute("ROLLBACK");
    }
    Map<String, String> before = everything();

    assertThatExceptionOfType(StateStoreException.class)
        .isThrownBy(this::open)
        .withMessageContaining("another application");

    assertThat(everything()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-wal", "-shm", "-journal"})
  @DisplayName("a damaged file is set aside under a free name; a dangling link occupies its name")
  void damagedFile_nameIsTaken_takesAnother(String suffix) throws Exception {
    DatabaseFile damaged = new DatabaseFile(file);
    Instant now = Instant.parse("2026-03-29T01:30:00.123Z");
    String name = file + ".corrupt-20260329T013000.123Z";
    assertThat(damaged.asidePath(".corrupt-", now)).hasToString(name);
    Files.createSymbolicLink(Path.of(name + suffix), folder.resolve("nothing"));
    assertThat(damaged.asidePath(".corrupt-", now)).hasToString(name + ".1");
  }

  /** Has its own copies of the library and of the driver, as the class loader of a web application does. */
  private static final class OwnCopies extends URLClassLoader {
    OwnCopies(URL[] urls) {
      super(urls);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        Class<?> known = findLoadedClass(name);
        if (known != null) {
          return known;
        }
        return name.startsWith("io.aragora.") || name.startsWith("org.sqlite.")
            ? findClass(name)
            : super.loadClass(name, resolve);
      }
    }
  }

  /** Opens a store by a copy of the library in a class loader of its own. */
  private static AutoCloseable openByAnotherLoader(Path file, List<AutoCloseable> toClose)
      throws Exception {
    List<URL> urls = new ArrayList<>();
    String path = System.getProperty("jdk.module.path", "")
        + File.pathSeparator
        + System.getProperty("java.class.path", "");
    for (String entry : path.split(File.pathSeparator)) {
      if (!entry.isEmpty()) {
        urls.add(Path.of(entry).toUri().toURL());
      }
    }
    URLClassLoader loader = new OwnCopies(urls.toArray(new URL[0]));
    toClose.add(loader);
    Class<?> provider = loader.loadClass(SqliteStateStoreProvider.class.getName());
    Object made = provider.getDeclaredConstructor().newInstance();
    try {
      return (AutoCloseable)
          provider.getMethod("open", String.class).invoke(made, "sqlite:" + file);
    } catch (InvocationTargetException e) {
      Exception thrown = (Exception) e.getCause();
      assumeFalse(
          String.valueOf(thrown.getMessage()).contains("Illegal native access"),
          "this JVM gives native access to named modules only");
      throw thrown;
    }
  }

  @Test
  @DisplayName(
      "a second class loader of this process is rejected, so that neither loses the other's"
          + " saves")
  void file_isOpenByAnotherLoader_isRejectedUntilItIsClosed() throws Exception {
    List<AutoCloseable> toClose = new ArrayList<>();
    try {
      // Another file, which shows whether this JVM gives native access to the copy.
      openByAnotherLoader(folder.resolve("other.db"), toClose).close();
      SqliteStateStore store = open();
      StateStore same = open();
      store.save(List.of(named("before")));
      assertThatExceptionOfType(Exception.class)
          .isThrownBy(() -> openByAnotherLoader(file, toClose))
          .withMessageContaining("another class loader of this process has it open")
          .withMessageContaining("stateStore");
      store.save(List.of(named("after")));
      same.close();
      assertThatExceptionOfType(Exception.class)
          .isThrownBy(() -> openByAnotherLoader(file, toClose))
          .withMessageContaining("another class loader");
      store.close();

      AutoCloseable other = openByAnotherLoader(file, toClose);
      assertThatExceptionOfType(StateStoreException.class)
          .isThrownBy(this::open)
          .withMessageContaining("another class loader");
      other.close();
      assertThat(names(open())).containsExactlyInAnyOrder("before", "after");
    } finally {
      for (AutoCloseable each : toClose) {
        each.close();
      }
    }
  }
}
