package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator reads of an error, and whose fault it is. */
class PostgresqlFailureTest {
  private static final DatabaseLocation LOCATION =
      DatabaseLocation.parse("postgresql://db/app?user=me&password=secret");

  private static String message(SQLException e) {
    return PostgresqlFailure.message("save to", LOCATION, e);
  }

  @ParameterizedTest
  @CsvSource({
    "08001, check that the server runs",
    "08006, check that the server runs",
    "22003, a row holds data that this library has not written",
    "28P01, check user and password",
    "28000, check user and password",
    "3D000, create the database",
    "3F000, create and change tables in the schema",
    "42501, create and change tables in the schema",
    "25006, this server is read-only",
    "53300, the server has no connection left",
    "55P03, find the client that hangs",
    "57014, find the client that hangs"
  })
  void message_knownCode_saysWhatToDo(String code, String advice) {
    assertThat(message(new SQLException("no", code)))
        .startsWith("cannot save to postgresql://db/app?user=me&password=***: no; ")
        .contains(advice);
    assertThat(PostgresqlFailure.describe("save to", LOCATION, new SQLException("no", code)))
        .hasMessage(message(new SQLException("no", code)));
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", "XX000", "42P01"})
  void message_otherCode_isThatOfTheServer(@Nullable String code) {
    assertThat(message(new SQLException("no", code))).endsWith("password=***: no");
  }

  @Test
  @DisplayName("lines of the server's message, which may hold data of others, become one line")
  void message_severalLines_isOneLine() {
    assertThat(message(new SQLException("a\n  WARNING\tb\u001b[0m"))).endsWith(": a WARNING b [0m");
  }

  @ParameterizedTest
  @ValueSource(strings = {"22003", "23514", "40P01", "44000", "54000", "P0001", "55P03", "57014"})
  @DisplayName("data, constraints, deadlocks, triggers and locks concern the rows of a request")
  void isOfTheRows_codeOfRows_isTrue(String code) {
    assertThat(PostgresqlFailure.isOfTheRows(new SQLException("no", code))).isTrue();
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", "22", "220031", "08006", "57P01", "55006", "53300", "42P01"})
  @DisplayName("anything else concerns the connection or the store")
  void isOfTheRows_otherCode_isFalse(@Nullable String code) {
    assertThat(PostgresqlFailure.isOfTheRows(new SQLException("no", code))).isFalse();
  }
}
