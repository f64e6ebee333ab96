package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.testing.StateStoreContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteStateStoreContractTest extends StateStoreContract {
  @TempDir
  Path folder;

  @Override
  protected StateStore open() throws StateStoreException {
    return new SqliteStateStoreProvider().open("sqlite:" + folder.resolve("state.db"));
  }
}
