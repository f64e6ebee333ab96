package io.aragora.resilience.persistence;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.internal.OneLine;
import io.aragora.resilience.internal.discovery.Providers;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.ratelimiter.SavedLimiter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Stores the state of breakers, and of rate limiters if it can. Methods may block. One thread at a time calls them: the
 * thread that builds the runtime, then one in the background, and at the end perhaps the thread that closes the runtime;
 * never a protected call. An implementation must only provide visibility between those calls.
 */
public interface StateStore extends AutoCloseable {
  /**
   * Opens a store without a runtime, to read what it contains or to pass it to several runtimes in turn.
   *
   * @param location as {@code ResilienceBuilder.stateStore} takes it, for example {@code sqlite:state.db}
   * @return an open store, which the caller closes
   * @throws StateStoreException if it cannot be opened
   * @throws ResilienceConfigurationException if no store for that scheme is on the module path or class path
   * @throws IllegalArgumentException if the store cannot interpret {@code location}
   */
  static StateStore open(String location) throws StateStoreException {
    return StateStoreProvider.find(location, Providers.ofThread().all(StateStoreProvider.class))
        .open(location);
  }

  /**
   * Reads the saved states: states other than closed first, then the newest first; and the saved limiters, if it saves
   * them. Reads row by row at most the bounds of {@link Loaded}; a line of its problems counts the rows that it skipped.
   *
   * @return the saved states, and the rows that could not be read
   * @throws StateStoreException if nothing could be read
   */
  Loaded load() throws StateStoreException;

  /**
   * Writes states, each in place of the saved one of the same breaker: all of them, or, if this throws, none.
   *
   * <p>Several processes may save the same breaker, and the latest state change wins: the saved state stays unless the
   * given one {@link SavedBreaker#replaces} it, and that is no error. A store that many machines share decides by a
   * clock of its own.
   *
   * <p>Given no states, a store checks that its earlier ones still exist, if it can.
   *
   * @param states the states to write, no breaker twice
   * @return the number of written states
   * @throws StateStoreException if nothing was written
   */
  int save(Collection<SavedBreaker> states) throws StateStoreException;

  /**
   * Removes the states saved strictly before an instant, and the limiters that {@linkplain SavedLimiter#mattersUntil
   * matter} until an earlier one. A store with many such rows may leave some of them to the next purge.
   *
   * @param cutOff the instant
   * @return the number of removed states
   * @throws StateStoreException if nothing was removed
   */
  int purgeSavedBefore(Instant cutOff) throws StateStoreException;

  /**
   * Removes breakers of evicted keys, so that invented keys do not fill the store. A row stays if another process
   * changed the same breaker later, that is, if the given state does not {@linkplain SavedBreaker#replaces replace} it.
   * By default nothing is removed, and such rows stay until {@link #purgeSavedBefore}.
   *
   * @param states the last states of the breakers; no breaker twice
   * @return the number of removed states
   * @throws StateStoreException if nothing was removed
   */
  default int remove(Collection<SavedBreaker> states) throws StateStoreException {
    return 0;
  }

  /**
   * Returns whether this store saves rate limiters, so that {@link #saveLimiters} does something. Default false: a runtime
   * with a limiter that is to be saved says so in its log.
   *
   * @return whether limiters are saved
   */
  default boolean savesLimiters() {
    return false;
  }

  /**
   * Writes rate limiters: all of them, or, if this throws, none. If the store contains one of the same name, the new row is
   * what {@link SavedLimiter#over} returns; an unreadable row is replaced. By default nothing is written.
   *
   * @param limiters the limiters to write, no name twice
   * @throws StateStoreException if nothing was written
   */
  default void saveLimiters(Collection<SavedLimiter> limiters) throws StateStoreException {}

  /**
   * Registers a listener for states that other processes save in the same place, soon after they do. By default, and in
   * a store for one machine, the listener receives nothing. Called once, after opening; closing the store ends it.
   *
   * @param listener receives each state on a thread of the store; returns at once
   */
  default void watch(Consumer<? super SavedBreaker> listener) {}

  /**
   * Registers a listener as {@link #watch(Consumer)} does, and reports whether states of other processes arrive. A runtime calls this
   * method, and shows an outage in its status and its health. By default, no outage is reported.
   *
   * @param listener receives each state on a thread of the store; returns at once
   * @param outages receives the reason each time the store cannot receive states of other processes, and null when it can again; on
   *     a thread of the store; returns at once
   */
  default void watch(
      Consumer<? super SavedBreaker> listener, Consumer<? super @Nullable Throwable> outages) {
    watch(listener);
  }

  /** Closes files and connections. Closing twice does nothing. */
  @Override
  void close();

  /**
   * The result of {@link #load()}. Bounded regardless of the store: rows beyond {@link #MAX_ROWS} or {@link
   * #MAX_CHARACTERS}, limiters beyond {@link #MAX_LIMITERS}, and null elements, are skipped. Immutable and thread-safe.
   */
  final class Loaded {
    /** The largest number of rows: 100,000. */
    public static final int MAX_ROWS = 100_000;

    /** The largest number of characters of all texts together, with equal configs counted once: 16 million. */
    public static final int MAX_CHARACTERS = 16_000_000;

    /** The largest number of limiters: 10,000. */
    public static final int MAX_LIMITERS = 10_000;

    /** The largest number of characters of all texts of limiters together. */
    private static final int MAX_LIMITER_CHARACTERS = 4_000_000;

    /** The largest number of problems with a line of their own: 100. */
    public static final int MAX_PROBLEMS = 100;

    private static final int MAX_LINE = 500;

    /** The number of lines that count the remaining problems. */
    private static final int COUNTS = 2;

    private final List<SavedBreaker> states;
    private final List<SavedLimiter> limiters;
    private final List<String> problems;

    private Loaded(List<SavedBreaker> states, List<SavedLimiter> limiters, List<String> problems) {
      this.states = List.copyOf(states);
      this.limiters = List.copyOf(limiters);
      this.problems = problems;
    }

    /**
     * Creates a result without limiters, and copies rows and problems up to the bounds.
     *
     * @param states the states that could be read
     * @param problems one line with the reason for each row that could not be read
     * @return the result
     */
    public static Loaded of(List<SavedBreaker> states, List<String> problems) {
      Builder bounded = new Builder(MAX_PROBLEMS + COUNTS);
      int offered = 0;
      for (SavedBreaker state : states) {
        // A list may claim any size and never end.
        if (offered++ > MAX_ROWS) {
          break;
        }
        if (state == null) {
          bounded.problem("a row is null");
        } else {
          bounded.add(state);
        }
      }
      offered = 0;
      for (String problem : problems) {
        if (offered++ > MAX_ROWS) {
          break;
        }
        bounded.problem(problem == null ? "a problem is null" : problem);
      }
      return bounded.build();
    }

    /** {@return the states that could be read; unmodifiable} */
    public List<SavedBreaker> states() {
      return states;
    }

    /** {@return the limiters that could be read; unmodifiable} */
    public List<SavedLimiter> limiters() {
      return limiters;
    }

    /**
     * {@return one line with the reason for each row that could not be read, at most {@link #MAX_PROBLEMS}, and one line
     * that counts the others; unmodifiable}
     */
    public List<String> problems() {
      return problems;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Loaded that
          && states.equals(that.states)
          && limiters.equals(that.limiters)
          && problems.equals(that.problems);
    }

    @Override
    public int hashCode() {
      return Objects.hash(states, limiters, problems);
    }

    @Override
    public String toString() {
      return "Loaded[states=" + states + ", limiters=" + limiters + ", problems=" + problems + "]";
    }

    /** Collects the rows of a store up to the bounds of {@link Loaded}. Not thread-safe. */
    public static final class Builder {
      private final List<SavedBreaker> states = new ArrayList<>();
      private final List<SavedLimiter> limiters = new ArrayList<>();
      private final List<String> problems = new ArrayList<>();
      private final Map<String, String> declared = new HashMap<>();
      private final int mostProblems;
      private long characters;
      private long limiterCharacters;
      private long leftOut;
      private long moreProblems;

      /** Creates a builder without rows. */
      public Builder() {
        this(MAX_PROBLEMS);
      }

      private Builder(int mostProblems) {
        this.mostProblems = mostProblems;
      }

      /**
       * Returns whether another row may fit. If not, the store can stop reading.
       *
       * @return false if a row was skipped because there was no room
       */
      public boolean hasRoom() {
        return leftOut == 0;
      }

      /**
       * Adds a row, or counts it as skipped if there is no room for it. Default: no row.
       *
       * @param state the state
       * @return this builder
       */
      @SuppressWarnings(
          "ReferenceEquality") // if the text is the known object itself, no copy is needed
      public Builder add(SavedBreaker state) {
        String key = state.key();
        long more = (long) state.name().length()
            + (key == null ? 0 : key.length())
            + (declared.containsKey(state.declared()) ? 0 : state.declared().length());
        if (states.size() == MAX_ROWS || characters + more > MAX_CHARACTERS) {
          return leaveOut(1);
        }
        characters += more;
        String known = declared.putIfAbsent(state.declared(), state.declared());
        boolean shares = known == null || known == state.declared();
        states.add(shares ? state : sharing(state, known));
        return this;
      }

      /**
       * Adds a limiter, or counts it among the rows that could not be read if there is no room for it. Default: none.
       *
       * @param limiter the limiter
       */
      public Builder add(SavedLimiter limiter) {
        long more = (long) limiter.name().length() + limiter.declared().length();
        if (limiters.size() == MAX_LIMITERS || limiterCharacters + more > MAX_LIMITER_CHARACTERS) {
          moreProblems++;
        } else {
          limiterCharacters += more;
          limiters.add(limiter);
        }
        return this;
      }

      private static SavedBreaker sharing(SavedBreaker state, String text) {
        return state.toBuilder().declared(text).build();
      }

      /**
       * Adds to the number of rows that were skipped because there was no room. Default 0.
       *
       * @param rows the number of rows, at least 0
       * @throws IllegalArgumentException if {@code rows} is negative
       */
      public Builder leaveOut(long rows) {
        if (rows < 0) {
          throw new IllegalArgumentException("rows must be at least 0: " + rows);
        }
        leftOut += rows;
        return this;
      }

      /**
       * Adds a row that could not be read. Default: none.
       *
       * @param problem the row and the reason; control characters become question marks, and 500 characters are kept
       */
      public Builder problem(String problem) {
        if (problems.size() < mostProblems) {
          problems.add(OneLine.of(problem, MAX_LINE));
        } else {
          moreProblems++;
        }
        return this;
      }

      private List<String> allProblems() {
        List<String> all = new ArrayList<>();
        if (leftOut > 0) {
          all.add("at least " + leftOut + " rows: " + MAX_ROWS + " rows of " + MAX_CHARACTERS
              + " characters together are read at most");
        }
        all.addAll(problems);
        if (moreProblems > 0) {
          all.add("at least " + moreProblems + " more rows that could not be read");
        }
        return List.copyOf(all);
      }

      /** {@return the result} */
      public Loaded build() {
        return new Loaded(states, limiters, allProblems());
      }
    }
  }
}
