import io.aragora.resilience.persistence.StateStoreProvider;
import io.aragora.resilience.persistence.sqlite.SqliteStateStoreProvider;

/**
 * Saves breaker state in a SQLite file. Applications call nothing here: with this module on the module path or class
 * path, a runtime accepts locations such as {@code sqlite:state/breakers.db}.
 */
@org.jspecify.annotations.NullMarked
module io.aragora.resilience.persistence {
  requires io.aragora.resilience;
  requires java.sql;
  requires org.xerial.sqlitejdbc;

  provides StateStoreProvider with
      SqliteStateStoreProvider;
}
