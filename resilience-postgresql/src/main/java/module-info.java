import io.aragora.resilience.persistence.StateStoreProvider;
import io.aragora.resilience.persistence.postgresql.PostgresqlQuotaStoreProvider;
import io.aragora.resilience.persistence.postgresql.PostgresqlStateStoreProvider;
import io.aragora.resilience.quota.QuotaStoreProvider;

/**
 * Saves breaker state in PostgreSQL, in one table that many instances share, and leases the permits of their shared
 * limits. Applications call nothing here: with this module on the module path or class path, a runtime accepts
 * locations such as {@code postgresql://db:5432/app}.
 *
 * <p>The driver has no module descriptor of its own, so {@code jlink} takes this module only if the application adds one
 * to it.
 */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("requires-automatic")
module io.aragora.resilience.postgresql {
  requires io.aragora.resilience;
  requires java.sql;
  requires org.postgresql.jdbc;

  provides StateStoreProvider with
      PostgresqlStateStoreProvider;
  provides QuotaStoreProvider with
      PostgresqlQuotaStoreProvider;
}
