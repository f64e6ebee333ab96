package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.LockInfo;
import java.lang.management.ManagementFactory;
import java.lang.management.MonitorInfo;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executor;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Asks the JVM which monitors and locks the calling thread holds while it runs code of the application. The tests take none, so each
 * one that is held is one of the library. A region of code holds a lock, and so does a caller whose method takes one for it. So the JVM,
 * which examines the whole heap for the answer, is asked once for each step from a place of the library to one that it calls.
 * Thread-safe.
 */
final class HeldLocks {
  private static final String LIBRARY = "io.aragora.resilience.";
  private static final String DRIVE = LIBRARY + "testing.Drive.advanceTo";
  private static final ThreadMXBean JVM = ManagementFactory.getThreadMXBean();
  private static final Set<Step> STEPS = ConcurrentHashMap.newKeySet();
  private static final Map<String, Boolean> IS_TEST = new ConcurrentHashMap<>();

  /** By place and lock: the first way to it. */
  private static final Map<String, String> FOUND = new ConcurrentSkipListMap<>();

  /** The function and the entry point of the present case. */
  private static volatile String during = "";

  /** A place in the code of the library. */
  private record Place(String type, String method, int at) {
    static Place of(StackWalker.StackFrame frame) {
      return new Place(frame.getClassName(), frame.getMethodName(), frame.getByteCodeIndex());
    }
  }

  /** A place, and the next one of the library that it leads to; null if that is the code of the application. */
  private record Step(Place from, @Nullable Place to) {}

  private HeldLocks() {}

  /**
   * Notes the case that runs.
   *
   * @param present its function and its entry point
   */
  static void during(String present) {
    during = present;
  }

  /**
   * Called by code of the application.
   *
   * @param code its name
   */
  static void look(String code) {
    StackWalker stack = StackWalker.getInstance();
    if (!stack.walk(HeldLocks::hasNewStep)) {
      return;
    }
    String way = stack.walk(frames -> frames
        .filter(HeldLocks::isOfLibrary)
        .map(StackWalker.StackFrame::toString)
        .collect(Collectors.joining("\n    ")));
    ThreadInfo now = JVM.getThreadInfo(new long[] {Thread.currentThread().getId()}, true, true)[0];
    for (MonitorInfo monitor : now.getLockedMonitors()) {
      FOUND.putIfAbsent(
          "a monitor of " + monitor.getClassName() + ", locked at " + monitor.getLockedStackFrame(),
          name(code) + ", called by\n    " + way);
    }
    // One thread at a time drives the timer of a manual time, instead of the one thread that the
    // timer has otherwise.
    int expected = way.contains(DRIVE) ? 1 : 0;
    for (LockInfo lock : now.getLockedSynchronizers()) {
      // A pool's worker is locked while it runs a task.
      if (!lock.getClassName().endsWith("ThreadPoolExecutor$Worker") && expected-- <= 0) {
        FOUND.putIfAbsent(
            lock.getClassName() + " in\n    " + way, name(code) + ", called by the frames above");
      }
    }
  }

  private static String name(String code) {
    return during.isEmpty() ? code : code + " (" + during + ")";
  }

  private static boolean hasNewStep(Stream<StackWalker.StackFrame> frames) {
    boolean isNew = false;
    Place to = null;
    Iterator<Place> outwards =
        frames.filter(HeldLocks::isOfLibrary).map(Place::of).iterator();
    while (outwards.hasNext()) {
      Place from = outwards.next();
      isNew |= STEPS.add(new Step(from, to));
      to = from;
    }
    return isNew;
  }

  private static boolean isOfLibrary(StackWalker.StackFrame frame) {
    String type = frame.getClassName();
    return type.startsWith(LIBRARY) && !IS_TEST.computeIfAbsent(type, HeldLocks::isTest);
  }

  private static boolean isTest(String type) {
    String outer = type.replaceFirst("\\$.*", "");
    return outer.endsWith("Test")
        || outer.equals(HeldLocks.class.getName())
        || outer.equals(ForeignPattern.class.getName())
        || outer.equals(ForwardingTime.class.getName())
        || outer.equals(CoalescedCalls.class.getName());
  }

  /** Returns an executor of an application, which runs tasks at once. */
  static Executor executor(String name) {
    return task -> {
      look(name);
      task.run();
    };
  }

  /** Returns a handler of the application for all lines of the log. */
  static Handler logHandler() {
    return new Handler() {
      @Override
      public void publish(LogRecord line) {
        look("a log handler: " + line.getMessage());
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }

  /** Requires that no code of the application has run under a lock since the last call. */
  static void requireNone() {
    during = "";
    Map<String, String> found = Map.copyOf(FOUND);
    FOUND.clear();
    Collection<String> lines = found.entrySet().stream()
        .map(each -> each.getValue() + "\n  held " + each.getKey())
        .sorted()
        .toList();
    assertThat(lines).as("code of the application that runs under a lock").isEmpty();
  }
}
