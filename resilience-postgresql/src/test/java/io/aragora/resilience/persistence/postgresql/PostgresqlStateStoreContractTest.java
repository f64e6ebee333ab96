package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.testing.StateStoreContract;
import org.junit.jupiter.api.BeforeEach;

class PostgresqlStateStoreContractTest extends StateStoreContract {
  private String location;

  @BeforeEach
  void emptySchema() throws Exception {
    location = PostgresServer.shared().newSchema();
  }

  @Override
  protected StateStore open() throws StateStoreException {
    return new PostgresqlStateStoreProvider().open(location);
  }

  @Override
  protected boolean goesByTheWallClock() {
    return false;
  }
}
