import io.aragora.resilience.persistence.sqlite.SqliteStateStoreProvider;
import io.aragora.resilience.spi.StateStoreProvider;

/**
 * Keeps breaker state in a SQLite file. Nothing here is called by applications: with this module on the module path or
 * class path, a runtime understands locations such as {@code sqlite:state/breakers.db}.
 */
@org.jspecify.annotations.NullMarked
module io.aragora.resilience.persistence {
  requires io.aragora.resilience;
  requires java.sql;
  requires org.xerial.sqlitejdbc;

  provides StateStoreProvider with
      SqliteStateStoreProvider;
}
