package com.example.filestore;

import static org.junit.jupiter.api.Assertions.assertThrows;

import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.testing.StateStoreContract;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the suite that every store must pass; it is part of {@code resilience-testing}. */
class FileStateStoreTest extends StateStoreContract {
  @TempDir
  Path folder;

  @Override
  protected StateStore open() throws StateStoreException {
    return new FileStateStoreProvider().open("file:" + folder.resolve("breakers"));
  }

  @Test
  void aFileThatIsNoStore_isRejected() throws Exception {
    Files.writeString(folder.resolve("breakers"), "something else altogether");

    assertThrows(StateStoreException.class, this::open);
  }
}
