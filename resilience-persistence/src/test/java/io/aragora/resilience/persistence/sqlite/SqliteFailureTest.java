package io.aragora.resilience.persistence.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sqlite.SQLiteErrorCode;

/** What an operator reads of an error. */
class SqliteFailureTest {
  private static final Path FILE = Path.of("data", "state.db");

  private static String message(int code) {
    return String.valueOf(
        SqliteFailure.describe("save to", FILE, new SQLException("no", null, code))
            .getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "SQLITE_BUSY, find the process that hangs",
    "SQLITE_BUSY_SNAPSHOT, find the process that hangs",
    "SQLITE_LOCKED, find the process that hangs",
    "SQLITE_CORRUPT, the next opening will set it aside",
    "SQLITE_CORRUPT_INDEX, the next opening will set it aside",
    "SQLITE_NOTADB, the next opening will set it aside",
    "SQLITE_FULL, free some space",
    "SQLITE_READONLY, write to the folder data and the files in it",
    "SQLITE_READONLY_DBMOVED, write to the folder data and the files in it",
    "SQLITE_CANTOPEN, write to the folder data and the files in it",
    "SQLITE_PERM, write to the folder data and the files in it"
  })
  void describe_knownCode_saysWhatToDo(SQLiteErrorCode code, String advice) {
    assertThat(message(code.code))
        .startsWith("cannot save to " + FILE + ": no; ")
        .contains(advice);
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "10", "266"})
  void describe_otherCode_isTheMessageOfSqlite(int code) {
    assertThat(message(code)).isEqualTo("cannot save to " + FILE + ": no");
  }

  @Test
  void corrupt_finding_isCorruption() {
    assertThat(SqliteFailure.isCorruption(SqliteFailure.corrupt("row 7 missing from index")))
        .isTrue();
  }
}
