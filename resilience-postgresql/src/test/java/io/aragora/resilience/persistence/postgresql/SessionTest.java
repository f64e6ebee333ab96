package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The servers and databases that a store accepts, and its users. */
class SessionTest extends PostgresqlStoreFixture {
  @Test
  void open_databaseWithAnotherEncoding_isRejected() throws Exception {
    execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1'");

    assertThatThrownBy(() -> store(location.replace("/postgres?", "/latin?")))
        .isInstanceOf(StateStoreException.class)
        .hasMessageContaining("its encoding is LATIN1; use a database with UTF8");
    Await.until(
        "no connection to it is left",
        () -> "0".equals(query("SELECT count(*) FROM pg_stat_activity WHERE datname = 'latin'")));
  }

  @Test
  void open_wrongPassword_saysSoAndNotThePassword() throws Exception {
    String wrong = PostgresServer.shared().location(PostgresServer.USER, "not-the-secret");

    assertThatThrownBy(() -> store(wrong))
        .isInstanceOf(StateStoreException.class)
        .hasMessageStartingWith("cannot open postgresql://127.0.0.1:")
        .hasMessageContaining("password=***")
        .hasMessageContaining("check user and password")
        .hasStackTraceContaining("PSQLException")
        .satisfies(e -> {
          for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            assertThat(cause.toString()).doesNotContain("not-the-secret");
          }
        });
  }

  @Test
  @DisplayName("the password may be in the driver's password file instead of in the location")
  void open_passwordFile_isRead(@TempDir Path folder) throws Exception {
    PostgresServer server = PostgresServer.shared();
    Path file = Files.writeString(
        folder.resolve("pgpass"),
        "127.0.0.1:" + server.port() + ":postgres:" + PostgresServer.USER + ":"
            + PostgresServer.PASSWORD + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    System.setProperty("org.postgresql.pgpassfile", file.toString());
    try {
      assertThat(store(location.replaceAll("password=[^&]*&", ""))
              .save(List.of(SavedBreakers.open("b"))))
          .isEqualTo(1);
    } finally {
      System.clearProperty("org.postgresql.pgpassfile");
    }
  }

  @Test
  void open_userBeforeTheHost_connects() throws Exception {
    String there = location.replace(
        "postgresql://",
        "postgresql://" + PostgresServer.USER + ":correct%20horse%20%26%20battery%2Fstaple%3F@");
    StateStore store = store(there.replaceAll("user=[^&]*&password=[^&]*&", ""));

    assertThat(store.save(List.of(SavedBreakers.open("b")))).isEqualTo(1);
    assertThat(store.toString()).contains("//***@127.0.0.1:").doesNotContain("horse");
  }

  @Test
  @DisplayName("a plus sign is one before the host, and a space in a parameter, as in any URL")
  void open_plusSign_isReadByItsPlace() throws Exception {
    String schema = location.substring(location.lastIndexOf('=') + 1);
    execute("CREATE ROLE plus_" + schema + " LOGIN PASSWORD 'a+b c'");
    execute("GRANT ALL ON SCHEMA " + schema + " TO plus_" + schema);
    String user = "plus_" + schema;
    String place =
        "127.0.0.1:" + PostgresServer.shared().port() + "/postgres?currentSchema=" + schema;

    store("postgresql://" + user + ":a+b%20c@" + place).load();
    store("postgresql://" + place + "&user=" + user + "&password=a%2Bb+c").load();
  }

  @ParameterizedTest
  @CsvSource({
    "/postgres?, /nowhere?, create the database",
    "127.0.0.1:, 127.0.0.1:1, can be reached"
  })
  void open_noSuchPlace_saysWhatToDo(String there, String elsewhere, String advice) {
    String place = elsewhere.endsWith(":1")
        ? location.replaceAll("127.0.0.1:[0-9]+", elsewhere)
        : location.replace(there, elsewhere);

    assertThatThrownBy(() -> store(place))
        .isInstanceOf(StateStoreException.class)
        .hasMessageContaining(advice);
  }
}
