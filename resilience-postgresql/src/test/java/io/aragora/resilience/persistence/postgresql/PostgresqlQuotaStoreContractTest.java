package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import io.aragora.resilience.testing.QuotaStoreContract;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;

class PostgresqlQuotaStoreContractTest extends QuotaStoreContract {
  private String location;

  @BeforeEach
  void emptySchema() throws Exception {
    location = PostgresServer.shared().newSchema();
  }

  @Override
  protected QuotaStore open() throws QuotaStoreException {
    return new PostgresqlQuotaStoreProvider().open(location);
  }

  @Override
  protected void pass(Duration time) throws Exception {
    long micros = TimeUnit.SECONDS.toMicros(time.toSeconds());
    PostgresServer.execute(
        location, "UPDATE resilience_quotas SET at_micros = at_micros - " + micros);
    PostgresServer.execute(
        location,
        "UPDATE resilience_quota_instances SET seen_at_micros = seen_at_micros - " + micros);
  }
}
