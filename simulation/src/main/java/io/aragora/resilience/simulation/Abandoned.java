package io.aragora.resilience.simulation;

/** Ends what a thread was doing when its process was killed or its life was given up. No code may recover from it. */
final class Abandoned extends Error {
  private static final long serialVersionUID = 1L;

  Abandoned(String why) {
    super(why, null, false, false);
  }
}
