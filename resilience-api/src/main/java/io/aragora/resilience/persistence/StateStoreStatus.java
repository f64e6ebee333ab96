package io.aragora.resilience.persistence;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How the keeping of state goes.
 *
 * @param location where it is kept; "none" where it lives and ends with the runtime
 * @param pending breakers that changed and are not saved yet
 * @param saved how many states were written since the start
 * @param failures writes and reads that failed since the start
 * @param lastError what the last of them said; null if the last write was good
 * @param failingSince when the failures began that no success has ended yet; null if the last write was good
 * @param lastSavedAt when the store last took a write; null before the first
 */
public record StateStoreStatus(
    String location,
    int pending,
    long saved,
    long failures,
    @Nullable String lastError,
    @Nullable Instant failingSince,
    @Nullable Instant lastSavedAt) {
  /** The status where no store is configured. */
  public static final StateStoreStatus NONE =
      new StateStoreStatus("none", 0, 0, 0, null, null, null);
}
