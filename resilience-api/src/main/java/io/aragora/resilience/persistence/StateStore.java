package io.aragora.resilience.persistence;

import java.time.Instant;
import java.util.Collection;
import java.util.List;

/**
 * Where breaker state is kept. Methods may block, and are called by one background thread at a time, never by a protected
 * call; an implementation need not be thread-safe beyond visibility between those calls.
 */
public interface StateStore extends AutoCloseable {
  /**
   * Reads everything that can be read.
   *
   * @return what was saved, and how many rows could not be read
   * @throws StateStoreException if nothing could be read
   */
  Loaded load() throws StateStoreException;

  /**
   * Writes states, replacing those of the same name, all or none. A saved state of a larger generation stays: another
   * process wrote it, and it is newer.
   *
   * @param states what to write, at most one of each name
   * @throws StateStoreException if nothing was written
   */
  void save(Collection<SavedBreaker> states) throws StateStoreException;

  /**
   * Removes what was saved strictly before an instant.
   *
   * @param cutOff the instant
   * @return how many were removed
   * @throws StateStoreException if nothing was removed
   */
  int purgeSavedBefore(Instant cutOff) throws StateStoreException;

  /** Closes files and connections. Closing twice does nothing. */
  @Override
  void close();

  /**
   * What {@link #load()} found.
   *
   * @param states what could be read
   * @param problems one line for each row that could not, saying which and why
   */
  record Loaded(List<SavedBreaker> states, List<String> problems) {
    /**
     * Makes both lists immutable.
     *
     * @param states what could be read
     * @param problems one line for each row that could not, saying which and why
     */
    public Loaded {
      states = List.copyOf(states);
      problems = List.copyOf(problems);
    }
  }
}
