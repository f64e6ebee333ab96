package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.internal.NamedFile;
import java.net.URI;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/**
 * The files that the driver opens because a setting names them. It opens whatever is there, at the latest when it connects, and looks for
 * a password already when it parses a URL. Stateless and thread-safe.
 */
final class DriverFiles {
  /** The parameters of a location that name a file. */
  static final List<PGProperty> PARAMETERS =
      List.of(PGProperty.SSL_CERT, PGProperty.SSL_KEY, PGProperty.SSL_ROOT_CERT);

  private static final String PASSWORDS = "org.postgresql.pgpassfile";
  private static final String PASSWORDS_VARIABLE = "PGPASSFILE";

  private DriverFiles() {}

  /**
   * Returns which of the files is no regular file, or is too large.
   *
   * @param properties the properties of a connection
   * @return the setting, the rule and what is there; null if nothing is wrong
   */
  static @Nullable String finding(Properties properties) {
    for (PGProperty each : PARAMETERS) {
      String finding = finding(each.getName(), each.getOrDefault(properties));
      if (finding != null) {
        return finding;
      }
    }
    return PGProperty.PASSWORD.isPresent(properties) ? null : findingOfPasswords();
  }

  /** The driver takes the first of these three. */
  private static @Nullable String findingOfPasswords() {
    String property = System.getProperty(PASSWORDS, "");
    if (!property.isBlank()) {
      return finding(PASSWORDS, property.strip());
    }
    String variable = System.getenv(PASSWORDS_VARIABLE);
    if (variable != null && !variable.isBlank()) {
      return finding(PASSWORDS_VARIABLE, variable.strip());
    }
    return finding("the file of passwords", defaultOfPasswords());
  }

  private static String defaultOfPasswords() {
    boolean isWindows =
        System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("windows");
    return isWindows
        ? System.getenv("APPDATA") + "\\postgresql\\pgpass.conf"
        : System.getProperty("user.home") + "/.pgpass";
  }

  private static @Nullable String finding(String setting, @Nullable String value) {
    Path path = value == null || value.isEmpty() ? null : path(value);
    String finding = path == null ? null : NamedFile.finding(path);
    return finding == null ? null : setting + " " + finding + ": '" + path + "'";
  }

  /** The file of passwords may be a URL. */
  private static @Nullable Path path(String text) {
    try {
      return text.startsWith("file:") ? Path.of(URI.create(text)) : Path.of(text);
    } catch (IllegalArgumentException | FileSystemNotFoundException e) {
      // The driver reports it.
      return null;
    }
  }
}
