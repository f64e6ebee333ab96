package io.aragora.resilience.persistence;

import io.aragora.resilience.ResilienceConfigurationException;
import io.aragora.resilience.internal.OneLine;
import io.aragora.resilience.spi.Providers;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
   * Reads what can be read, what needs attention first: states other than closed before closed ones, then the newest first.
   * Reads at most what {@link Loaded} holds, row by row, and says in a line of its problems what it left out.
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
   * <p>Given no state, a store checks that what it has saved is still there, if it can.
   *
   * @param states what to write, no breaker twice
   * @return how many were written
   * @throws StateStoreException if nothing was written
   */
  int save(Collection<SavedBreaker> states) throws StateStoreException;

  /**
   * Removes what was saved strictly before an instant. A store that has many such rows may leave some of them to the next purge.
   *
   * @param cutOff the instant
   * @return how many were removed
   * @throws StateStoreException if nothing was removed
   */
  int purgeSavedBefore(Instant cutOff) throws StateStoreException;

  /**
   * Removes breakers whose keys were evicted, so that keys which a stranger makes up do not fill the store. A row stays where
   * another process changed the same breaker later, that is, where what is given does not {@linkplain SavedBreaker#replaces
   * replace} it. By default nothing is removed, and such rows stay until {@link #purgeSavedBefore}.
   *
   * @param states the breakers, as they were last; no breaker twice
   * @return how many were removed
   * @throws StateStoreException if nothing was removed
   */
  default int remove(Collection<SavedBreaker> states) throws StateStoreException {
    return 0;
  }

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
   * What {@link #load()} found. Bounded, whatever the store has: rows beyond {@link #MAX_ROWS} or {@link #MAX_CHARACTERS} are
   * left out, and so is an element that is null.
   *
   * @param states what could be read; unmodifiable
   * @param problems one line for each row that could not, saying which and why; some {@link #MAX_PROBLEMS} lines, and one
   *     that counts the others; unmodifiable
   */
  record Loaded(List<SavedBreaker> states, List<String> problems) {
    /** The most rows: 100,000. */
    public static final int MAX_ROWS = 100_000;

    /** The most characters of all texts together, where equal settings count once: 16 million. */
    public static final int MAX_CHARACTERS = 16_000_000;

    /** How many problems are told one by one: 100. */
    public static final int MAX_PROBLEMS = 100;

    private static final int MAX_LINE = 500;

    /** The lines that count what the other lines do not tell. */
    private static final int COUNTS = 2;

    /**
     * Takes what the bounds permit.
     *
     * @param states what could be read
     * @param problems one line for each row that could not, saying which and why
     */
    public Loaded {
      Builder bounded = new Builder(MAX_PROBLEMS + COUNTS);
      int offered = 0;
      for (SavedBreaker state : states) {
        // A list may claim any size, and go on for ever.
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
      states = List.copyOf(bounded.states);
      problems = bounded.allProblems();
    }

    /** Collects what a store reads, row by row, up to the bounds of {@link Loaded}. Not thread-safe. */
    public static final class Builder {
      private final List<SavedBreaker> states = new ArrayList<>();
      private final List<String> problems = new ArrayList<>();
      private final Map<String, String> declared = new HashMap<>();
      private final int mostProblems;
      private long characters;
      private long leftOut;
      private long moreProblems;

      /** Creates an empty one. */
      public Builder() {
        this(MAX_PROBLEMS);
      }

      private Builder(int mostProblems) {
        this.mostProblems = mostProblems;
      }

      /**
       * Returns whether a further row may fit. Where it does not, the store need not read on.
       *
       * @return false if a row was left out because there was no room
       */
      public boolean hasRoom() {
        return leftOut == 0;
      }

      /**
       * Adds a row, or counts it as left out if there is no room for it. Default: no row.
       *
       * @param state what was read
       * @return this builder
       */
      @SuppressWarnings("ReferenceEquality") // a text that is the known one itself needs no copy
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

      private static SavedBreaker sharing(SavedBreaker state, String text) {
        return new SavedBreaker(
            state.name(),
            state.key(),
            state.state(),
            state.generation(),
            state.enteredAt(),
            state.openUntil(),
            state.cooldown(),
            state.cooldownStep(),
            state.consecutiveFailures(),
            state.consecutiveSuccesses(),
            state.probeSuccesses(),
            state.totals(),
            state.slowCalls(),
            text,
            state.savedAt());
      }

      /**
       * Counts rows that were left out for want of room. Default 0.
       *
       * @param rows how many, at least 0
       * @return this builder
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
       * @param problem which, and why; control characters become question marks, and 500 characters of it are kept
       * @return this builder
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

      /**
       * Creates what was collected.
       *
       * @return rows and problems
       */
      public Loaded build() {
        return new Loaded(states, allProblems());
      }
    }
  }
}
