package io.aragora.resilience.examples.readme;

import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.testing.StateStoreContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

// readme: persistence contract
class MyStateStoreTest extends StateStoreContract {
  @TempDir
  Path folder;

  @Override
  protected StateStore open() throws StateStoreException {
    return StateStore.open("sqlite:" + folder.resolve("state.db")); // yours
  }
}
// end
