package io.aragora.resilience.persistence;

import io.aragora.resilience.ResilienceConfigurationException;
import io.aragora.resilience.spi.Providers;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/**
 * Where breaker state is kept. Methods may block, and are called by one thread at a time: the one that builds the runtime, then
 * one in the background, at the end perhaps the one that closes the runtime; never by a protected call. An implementation need
 * not be thread-safe beyond visibility between those calls.
 */
public interface StateStore extends AutoCloseable {
  /**
   * Opens a store past any runtime, to look at what is kept or to hand it to several runtimes, one after the other.
   *
   * @param location as {@code ResilienceBuilder.stateStore} takes it, for example {@code sqlite:state.db}
   * @return an open store, which the caller closes
   * @throws StateStoreException if it cannot be opened
   * @throws ResilienceConfigurationException if no store for that scheme is on the module path or class path
   * @throws IllegalArgumentException if the location makes no sense
   */
  static StateStore open(String location) throws StateStoreException {
    return Providers.ofThread().stateStore(location).open(location);
  }

  /**
   * Reads everything that can be read, what needs attention first: states other than closed before closed ones, then the
   * newest first, for readers that take in only so many.
   *
   * @return what was saved, and which rows could not be read
   * @throws StateStoreException if nothing could be read
   */
  Loaded load() throws StateStoreException;

  /**
   * Writes states, each in place of what is saved of the same breaker; either all of it is done or, where this throws, none.
   *
   * <p>Several processes may save the same breaker, and the latest change of state wins: what is saved stays, and that is no
   * error, unless what is given {@link SavedBreaker#replaces} it. A store that many machines share decides by a clock of its
   * own.
   *
   * @param states what to write, no breaker twice
   * @return how many were written
   * @throws StateStoreException if nothing was written
   */
  int save(Collection<SavedBreaker> states) throws StateStoreException;

  /**
   * Removes what was saved strictly before an instant.
   *
   * @param cutOff the instant
   * @return how many were removed
   * @throws StateStoreException if nothing was removed
   */
  int purgeSavedBefore(Instant cutOff) throws StateStoreException;

  /**
   * Tells of states that other processes save in the same place, soon after they do. A store that is not for several machines
   * tells nothing, which is what this does. Asked for once, after opening; closing ends it.
   *
   * @param listener hears of each state; returns at once; called by a thread of the store
   */
  default void watch(Consumer<? super SavedBreaker> listener) {}

  /** Closes files and connections. Closing twice does nothing. */
  @Override
  void close();

  /**
   * What {@link #load()} found.
   *
   * @param states what could be read; unmodifiable
   * @param problems one line for each row that could not, saying which and why; unmodifiable
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
