package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGEnvironment;
import org.postgresql.PGProperty;

/** Files that the driver would open whatever they are. No server is needed. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("any-jdk")
class DriverFilesTest {
  private static final String NOWHERE = "postgresql://127.0.0.1:1/app";

  @TempDir
  private Path folder;

  private Path pipe() throws Exception {
    Path pipe = folder.resolve("pipe");
    Process process = new ProcessBuilder("mkfifo", pipe.toString()).start();
    assumeTrue(process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0, "mkfifo");
    return pipe;
  }

  static Stream<String> parameters() {
    return DriverFiles.PARAMETERS.stream().map(PGProperty::getName);
  }

  @Test
  void parametersOfTheDriver_thatNameFiles_areKnown() {
    assertThat(Arrays.stream(PGProperty.values())
            .filter(each -> String.valueOf(each.getDescription())
                .toLowerCase(Locale.ROOT)
                .matches(".*\\b(file|location|path|folder|directory)\\b.*"))
            // Not the schemas; not a file that the driver no longer writes.
            .filter(each -> !Set.of("currentSchema", "loggerFile").contains(each.getName())))
        .containsExactlyInAnyOrderElementsOf(DriverFiles.PARAMETERS);
    assertThat(Arrays.stream(PGEnvironment.values()).map(PGEnvironment::getName))
        .as("a location names no service, so its file is not read")
        .containsExactlyInAnyOrder(
            "org.postgresql.pgpassfile",
            "PGPASSFILE",
            "org.postgresql.pgservicefile",
            "PGSERVICEFILE",
            "PGSYSCONFDIR");
  }

  @ParameterizedTest
  @MethodSource("parameters")
  void parameter_namesAPipeOrADevice_isRejected(String parameter) throws Exception {
    for (Path path : List.of(pipe(), Path.of("/dev/zero"), folder)) {
      assertThatIllegalArgumentException()
          .isThrownBy(
              () -> DatabaseLocation.parse(NOWHERE + "?sslmode=require&" + parameter + "=" + path))
          .withMessageMatching(parameter
              + " must be a regular file, or a link to one; it is a (folder|device, a pipe or a socket): '"
              + path + "'");
    }
  }

  @ParameterizedTest
  @MethodSource("parameters")
  void parameter_fileBecomesAPipe_isRejectedAtTheNextConnection(String parameter) throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "");
    DatabaseLocation location =
        DatabaseLocation.parse(NOWHERE + "?sslmode=require&" + parameter + "=" + file);
    Files.move(pipe(), Files.deleteIfExists(file) ? file : file);

    Assertions.assertThatExceptionOfType(SQLException.class)
        .isThrownBy(location::connect)
        .withMessageStartingWith(parameter + " must be a regular file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "file:"})
  void passwords_areAPipe_areRejectedBeforeTheDriverLooks(String prefix) throws Exception {
    Path pipe = pipe();
    System.setProperty("org.postgresql.pgpassfile", prefix + pipe);
    try {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> DatabaseLocation.parse(NOWHERE + "?user=me"))
          .withMessageStartingWith("org.postgresql.pgpassfile must be a regular file");
      assertThat(DatabaseLocation.parse(NOWHERE + "?user=me&password=x"))
          .as("a location with a password reads no file")
          .hasToString(NOWHERE + "?user=me&password=***");
    } finally {
      System.clearProperty("org.postgresql.pgpassfile");
    }
  }
}
