package io.aragora.resilience.core.recording;

/** A policy whose durations are recorded if a recorder wants them. */
public interface Measured {
  /**
   * Looks up where its durations are recorded. Called by {@link DurationRecorders#measure}, which repeats it if the recorders have
   * changed meanwhile.
   *
   * @param recorders those of the runtime
   */
  void lookUp(DurationRecorders recorders);
}
