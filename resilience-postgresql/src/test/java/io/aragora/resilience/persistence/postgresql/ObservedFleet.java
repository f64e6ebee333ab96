package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.quota.WhenAlone;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Processes of a fleet, and what they admitted. */
final class ObservedFleet implements AutoCloseable {
  /** What one process did between two instants, in milliseconds since 1970. */
  record Moment(long from, long to, int admitted, int rejected) {}

  /** An instant at which a process went on alone, or came back. */
  record Change(boolean isAlone, long at) {}

  private final String location;
  private final int limit;
  private final int burst;
  private final WhenAlone whenAlone;
  private final List<Process> processes = new ArrayList<>();
  private final List<Thread> readers = new ArrayList<>();
  private final ConcurrentLinkedQueue<Moment> moments = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Change> changes = new ConcurrentLinkedQueue<>();

  ObservedFleet(String location, int limit, int burst, WhenAlone whenAlone) {
    this.location = location;
    this.limit = limit;
    this.burst = burst;
    this.whenAlone = whenAlone;
  }

  Process start(int callsPerSecond, long millis) throws IOException {
    Process process =
        FleetInstance.start(location, limit, burst, whenAlone, callsPerSecond, millis);
    processes.add(process);
    Thread reader = new Thread(() -> read(process), "reader");
    reader.start();
    readers.add(reader);
    return process;
  }

  private void read(Process process) {
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        add(line.split(" "));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void add(String[] words) {
    if (words[0].equals("calls") && words.length == 5) {
      moments.add(new Moment(
          Long.parseLong(words[1]),
          Long.parseLong(words[2]),
          Integer.parseInt(words[3]),
          Integer.parseInt(words[4])));
    } else if (words.length == 2) {
      changes.add(new Change(words[0].equals("ALONE"), Long.parseLong(words[1])));
    }
  }

  /** Waits until all processes have ended. */
  void await() throws InterruptedException {
    for (Process process : processes) {
      process.waitFor();
    }
    for (Thread reader : readers) {
      reader.join();
    }
  }

  List<Change> changes() {
    return List.copyOf(changes);
  }

  boolean hasCalled() {
    return !moments.isEmpty();
  }

  /** Returns the calls that were certainly admitted within a time, at worst. */
  int mostWithin(long millis) {
    List<Moment> all =
        moments.stream().sorted(Comparator.comparingLong(Moment::from)).toList();
    int most = 0;
    for (int first = 0; first < all.size(); first++) {
      long end = all.get(first).from() + millis;
      int within = 0;
      for (int i = first; i < all.size() && all.get(i).from() <= end; i++) {
        within += all.get(i).to() <= end ? all.get(i).admitted() : 0;
      }
      most = Math.max(most, within);
    }
    return most;
  }

  int admittedBetween(long from, long to) {
    return moments.stream()
        .filter(moment -> moment.from() >= from && moment.to() < to)
        .mapToInt(Moment::admitted)
        .sum();
  }

  @Override
  public void close() {
    processes.forEach(Process::destroyForcibly);
  }
}
