package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.persistence.StateStoreException;
import org.sqlite.SQLiteJDBCLoader;

/** SQLite's native library, which the driver unpacks and loads. */
final class NativeLibrary {
  private NativeLibrary() {}

  /** Loads the library before the first connection, whose error would only say "Error opening connection". */
  static void load() throws StateStoreException {
    String found;
    Throwable cause = null;
    try {
      if (SQLiteJDBCLoader.initialize()) {
        return;
      }
      found = "the driver does not say why";
    } catch (Exception | LinkageError e) {
      // Any exception: the JVM denies native access with an IllegalCallerException.
      found = e.toString();
      cause = e;
    }
    throw new StateStoreException(
        "cannot load SQLite's native library: " + found
            + "; it is unpacked to "
            + System.getProperty("org.sqlite.tmpdir", System.getProperty("java.io.tmpdir"))
            + ": if that folder does not allow writing or running code, start Java with"
            + " -Dorg.sqlite.tmpdir=<a folder that allows both>; if native access is denied, with"
            + " --enable-native-access=org.xerial.sqlitejdbc (ALL-UNNAMED on the class path)",
        cause);
  }
}
