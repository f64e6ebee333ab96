package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.persistence.StateStoreException;

/** Opens a store, and prints what became of it. */
final class OpenOnce {
  private OpenOnce() {}

  public static void main(String[] arguments) {
    try {
      new SqliteStateStoreProvider().open(arguments[0]).close();
      System.out.println("opened");
    } catch (StateStoreException e) {
      System.out.println(e.getMessage());
    }
  }
}
