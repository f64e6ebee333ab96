package com.example.filestore;

import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.persistence.StateStoreProvider;
import java.nio.file.Path;

/** Opens {@code file:}, followed by the path of a file, whose folder must exist. */
public final class FileStateStoreProvider implements StateStoreProvider {
  private static final String SCHEME = "file";

  /** For {@link java.util.ServiceLoader}. */
  public FileStateStoreProvider() {}

  @Override
  public String scheme() {
    return SCHEME;
  }

  @Override
  public StateStore open(String location) throws StateStoreException {
    String path = location.substring(SCHEME.length() + 1);
    if (path.isBlank()) {
      throw new IllegalArgumentException(
          "a state store needs the path of a file: '" + location + "'");
    }
    return FileStateStore.open(Path.of(path));
  }
}
