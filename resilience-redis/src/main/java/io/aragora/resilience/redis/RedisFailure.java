package io.aragora.resilience.redis;

import io.aragora.resilience.internal.OneLine;
import io.aragora.resilience.quota.QuotaStoreException;
import io.lettuce.core.RedisCommandExecutionException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Translates failures for the operator of the application. */
final class RedisFailure {
  private static final int MAX_TEXT = 200;
  private static final int MAX_CAUSES = 20;

  /** Answers about the keys of the request. The connection is as good as before. */
  private static final Set<String> OF_ONE_QUOTA =
      Set.of(LeaseScript.FOREIGN, "WRONGTYPE", "NOPERM");

  private RedisFailure() {}

  /**
   * Describes why a connection could not be opened. A server may repeat in its error what it was sent, the password
   * too, so only the code of the error is shown.
   */
  static QuotaStoreException opening(RedisLocation location, Throwable e) {
    String error = error(e);
    if (error == null) {
      // The client may lose the cause if the server rejects the password before it looks.
      return failure("open", location, e, ", and user and password of the location");
    }
    String code = code(error);
    return new QuotaStoreException(
        "cannot open " + location + ": the server answers " + code + advice(code), null);
  }

  /** Describes why nothing was leased. */
  static QuotaStoreException leasing(RedisLocation location, Throwable e) {
    String error = error(e);
    if (error == null) {
      return failure("lease from", location, e, "");
    }
    String code = code(error);
    String message =
        "cannot lease from " + location + ": " + OneLine.of(error, MAX_TEXT) + advice(code);
    return OF_ONE_QUOTA.contains(code)
        ? QuotaStoreException.ofOneQuota(message, null)
        : new QuotaStoreException(message, null);
  }

  private static QuotaStoreException failure(
      String action, RedisLocation location, Throwable e, String advice) {
    Throwable root = e;
    for (int i = 0; i < MAX_CAUSES && root.getCause() != null; i++) {
      root = root.getCause();
    }
    return new QuotaStoreException(
        "cannot " + action + " " + location + ": "
            + OneLine.of(root.getClass().getSimpleName() + ": " + root.getMessage(), MAX_TEXT)
            + "; check that the server runs and can be reached from here" + advice,
        e);
  }

  private static @Nullable String error(Throwable e) {
    Throwable cause = e;
    for (int i = 0; i < MAX_CAUSES && cause != null; i++) {
      if (cause instanceof RedisCommandExecutionException) {
        return String.valueOf(cause.getMessage());
      }
      cause = cause.getCause();
    }
    return null;
  }

  private static String code(String error) {
    int end = 0;
    while (end < error.length() && end < MAX_TEXT && isUpperCase(error.charAt(end))) {
      end++;
    }
    boolean isWhole = end == error.length() || error.charAt(end) == ' ';
    return end > 0 && isWhole ? error.substring(0, end) : "an error";
  }

  private static boolean isUpperCase(char c) {
    return c >= 'A' && c <= 'Z';
  }

  private static String advice(String code) {
    return switch (code) {
      case "WRONGPASS", "NOAUTH", "ERR" ->
        "; check user, password and database number of the location, and that the server is Redis"
            + " 6.2 or Valkey 7.2, or later";
      case "NOPERM" ->
        "; let the user run EVAL, EVALSHA and the commands of the script on the keys of the prefix";
      case "READONLY" -> "; this server is a replica: name the primary one";
      case "MOVED", "ASK", "CROSSSLOT" ->
        "; this server is a node of a cluster: add the parameter cluster=true";
      case "WRONGTYPE", LeaseScript.FOREIGN ->
        "; delete the key if no other application needs it, or choose another parameter prefix";
      case "OOM" -> "; the server has no memory left";
      default -> "";
    };
  }
}
