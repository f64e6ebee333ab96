package io.aragora.resilience.persistence.sqlite;

import java.nio.file.Path;

/** Takes the lock of a file, says so, and keeps it until it is killed or its input ends. */
final class LockHolder {
  private LockHolder() {}

  @SuppressWarnings("try") // the lock is held, but not used
  public static void main(String[] arguments) throws Exception {
    try (OpeningLock held = OpeningLock.acquire(Path.of(arguments[0]), 0)) {
      System.out.println("locked");
      System.in.transferTo(System.out);
    }
  }
}
