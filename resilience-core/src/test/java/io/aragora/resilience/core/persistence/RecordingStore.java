package io.aragora.resilience.core.persistence;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.ratelimiter.SavedLimiter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A store in memory that fails on demand and records its calls. */
final class RecordingStore implements StateStore {
  private final MemoryStateStore kept = new MemoryStateStore(100_000);
  final List<List<String>> saves = new ArrayList<>();
  final List<String> problems = new ArrayList<>();
  boolean failing;
  boolean savesLimiters = true;
  int limiterSaves;
  boolean missesAClass;
  boolean unreadable;
  boolean failsToWatch;
  boolean purgesNothing;
  boolean failsToClose;
  boolean failsToPurge;

  /** The saves that succeed before the store fails. */
  int savesLeft = Integer.MAX_VALUE;

  int purges;
  int removals;
  int attempts;
  int opened;
  int closed;
  int watchers;

  @Nullable
  Consumer<? super SavedBreaker> listener;

  @Nullable
  Consumer<? super @Nullable Throwable> outages;

  StateStore open() throws StateStoreException {
    attempts++;
    if (failing) {
      throw new StateStoreException("no such host", null);
    }
    if (missesAClass) {
      throw new NoClassDefFoundError("a/Driver");
    }
    opened++;
    return this;
  }

  SavedBreaker row(String id) {
    return kept.load().states().stream()
        .filter(state -> state.id().toString().equals(id))
        .findFirst()
        .orElseThrow(
            () -> new AssertionError(id + " is not among " + kept.load().states()));
  }

  List<String> ids() {
    return kept.load().states().stream()
        .map(state -> state.id().toString())
        .sorted()
        .toList();
  }

  @Override
  public Loaded load() throws StateStoreException {
    if (unreadable) {
      throw new StateStoreException("nothing can be read", null);
    }
    Loaded.Builder loaded = new Loaded.Builder();
    kept.load().states().forEach(loaded::add);
    kept.load().limiters().forEach(loaded::add);
    problems.forEach(loaded::problem);
    return loaded.build();
  }

  List<SavedLimiter> limiters() {
    return kept.load().limiters();
  }

  @Override
  public boolean savesLimiters() {
    return savesLimiters;
  }

  @Override
  public void saveLimiters(Collection<SavedLimiter> limiters) {
    limiterSaves++;
    kept.saveLimiters(limiters);
  }

  @Override
  public int save(Collection<SavedBreaker> states) throws StateStoreException {
    attempts++;
    if (failing || savesLeft == 0) {
      throw new StateStoreException("disk full", null);
    }
    if (missesAClass) {
      throw new NoClassDefFoundError("a/Driver");
    }
    savesLeft--;
    saves.add(states.stream().map(state -> state.id().toString()).toList());
    return kept.save(states);
  }

  @Override
  public int remove(Collection<SavedBreaker> states) throws StateStoreException {
    if (failing) {
      throw new StateStoreException("disk full", null);
    }
    removals++;
    return kept.remove(states);
  }

  @Override
  public int purgeSavedBefore(Instant cutOff) throws StateStoreException {
    if (failsToPurge) {
      throw new StateStoreException("rows are locked", null);
    }
    purges++;
    return purgesNothing ? 0 : kept.purgeSavedBefore(cutOff);
  }

  @Override
  public void watch(Consumer<? super SavedBreaker> states) {
    if (failsToWatch) {
      throw new IllegalStateException("cannot listen");
    }
    watchers++;
    listener = states;
  }

  @Override
  public void watch(
      Consumer<? super SavedBreaker> states, Consumer<? super @Nullable Throwable> outages) {
    watch(states);
    this.outages = outages;
  }

  @Override
  public void close() {
    closed++;
    if (failsToClose) {
      throw new IllegalStateException("cannot close");
    }
  }
}
