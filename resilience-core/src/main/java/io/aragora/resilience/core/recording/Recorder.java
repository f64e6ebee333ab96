package io.aragora.resilience.core.recording;

import jdk.jfr.FlightRecorder;

/** The JDK's flight recorder. A process that does not record loads this class and none of the events. Thread-safe. */
public final class Recorder {
  /** If this is false, the code behind it is not compiled. */
  private static final boolean PRESENT = isPresent();

  private Recorder() {}

  /**
   * Checks that this module reads jdk.jfr, too: a module that is loaded later is present but not
   * read.
   */
  private static boolean isPresent() {
    Module recorder = ModuleLayer.boot().findModule("jdk.jfr").orElse(null);
    return recorder != null && Recorder.class.getModule().canRead(recorder);
  }

  /**
   * Returns whether there can be a recording. An event class that is initialized earlier starts the
   * recorder, which takes up to seconds.
   *
   * @return false also if the runtime image has no recorder
   */
  public static boolean isStarted() {
    return PRESENT && FlightRecorder.isInitialized();
  }
}
