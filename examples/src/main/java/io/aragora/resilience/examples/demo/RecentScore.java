package io.aragora.resilience.examples.demo;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/** Remembers the scores of about the last second, so that a rate can be shown. Confined to its thread. */
final class RecentScore {
  private static final Duration SPAN = Duration.ofSeconds(1);
  private static final int MOST = 100;

  private record Entry(Duration at, Score score) {}

  private final Deque<Entry> entries = new ArrayDeque<>();

  RecentScore() {
    entries.add(new Entry(Duration.ZERO, Score.NOTHING));
  }

  /** Adds a score and drops those older than a second, except the newest of them. */
  void add(Duration at, Score score) {
    entries.addLast(new Entry(at, score));
    while (entries.size() > MOST || (entries.size() > 2 && isOldEnough(second()))) {
      entries.removeFirst();
    }
  }

  private boolean isOldEnough(Entry entry) {
    return entries.getLast().at().minus(entry.at()).compareTo(SPAN) >= 0;
  }

  private Entry second() {
    var inOrder = entries.iterator();
    inOrder.next();
    return inOrder.next();
  }

  Score score() {
    return entries.getLast().score().since(entries.getFirst().score());
  }

  Duration span() {
    return entries.getLast().at().minus(entries.getFirst().at());
  }
}
