package io.aragora.resilience.persistence;

import org.jspecify.annotations.Nullable;

/**
 * How the keeping of state goes.
 *
 * @param location where it is kept; "none" where state is not kept
 * @param pending breakers that changed and are not saved yet
 * @param saved states written since the start
 * @param failures writes and reads that failed since the start
 * @param lastError what the last of them said; null if the last write was good
 */
public record StateStoreStatus(
    String location,
    int pending,
    long saved,
    long failures,
    @Nullable String lastError) {
  /** The status where no store is configured. */
  public static final StateStoreStatus NONE = new StateStoreStatus("none", 0, 0, 0, null);
}
