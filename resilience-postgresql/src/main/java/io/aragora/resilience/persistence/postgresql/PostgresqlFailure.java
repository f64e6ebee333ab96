package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.persistence.StateStoreException;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Translates PostgreSQL's codes for the operator of the application. */
final class PostgresqlFailure {
  private PostgresqlFailure() {}

  static StateStoreException describe(String action, DatabaseLocation location, SQLException e) {
    return new StateStoreException(message(action, location, e), e);
  }

  static String message(String action, DatabaseLocation location, SQLException e) {
    return "cannot " + action + " " + location + ": " + oneLine(e.getMessage())
        + advice(e.getSQLState());
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
      case "53300" -> "; the server has no connection left, and an open store takes two";
      case "55P03", "57014" ->
        "; the server is busy, or another client holds a lock; if this"
            + " lasts, find the client that hangs";
      default -> "";
    };
  }
}
