package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.persistence.StateStoreException;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Translates PostgreSQL's codes for the operator of the application. */
final class PostgresqlFailure {
  private static final int CODE_LENGTH = 5;

  /** Data, constraints, transactions that met each other, checks of views, limits of a row, exceptions of a trigger. */
  private static final Set<String> CLASSES_OF_ROWS = Set.of("22", "23", "40", "44", "54", "P0");

  /** A lock or a statement that took too long. */
  private static final Set<String> CODES_OF_ROWS = Set.of("55P03", "57014");

  private PostgresqlFailure() {}

  static StateStoreException describe(String action, DatabaseLocation location, SQLException e) {
    return new StateStoreException(message(action, location, e), e);
  }

  static String message(String action, DatabaseLocation location, SQLException e) {
    return "cannot " + action + " " + location + ": " + oneLine(e.getMessage())
        + advice(e.getSQLState());
  }

  /**
   * Returns whether the statement failed because of the rows of its request alone, so that the connection and the statements for other
   * rows are as good as before: data that does not fit, a lock or a statement that took too long, a trigger.
   */
  static boolean isOfTheRows(SQLException e) {
    String code = String.valueOf(e.getSQLState());
    return code.length() == CODE_LENGTH
        && (CLASSES_OF_ROWS.contains(code.substring(0, 2)) || CODES_OF_ROWS.contains(code));
  }

  private static String oneLine(@Nullable String message) {
    return String.valueOf(message).replaceAll("[\\p{Cntrl}\\s]+", " ");
  }

  private static String advice(@Nullable String code) {
    if (code == null) {
      return "";
    }
    if (code.startsWith("08")) {
      return "; check that the server runs and can be reached from here";
    }
    if (code.startsWith("22")) {
      return "; a row holds data that this library has not written: delete it";
    }
    return switch (code) {
      case "28P01", "28000" ->
        "; check user and password, which may be parameters of the location,"
            + " or the password in the file that PGPASSFILE names, ~/.pgpass by default";
      case "3D000" -> "; create the database, or name another one";
      case "3F000", "42501" ->
        "; let the user create and change tables in the schema, or name"
            + " another schema by the parameter currentSchema";
      case "25006" ->
        "; this server is read-only: name the primary one, or all of them with"
            + " targetServerType=primary";
      case "53300" ->
        "; the server has no connection left: an open state store takes two, a quota store one";
      case "55P03", "57014" ->
        "; the server is busy, or another client holds a lock; if this"
            + " lasts, find the client that hangs";
      default -> "";
    };
  }
}
