package io.aragora.resilience.examples.demo;

import io.aragora.resilience.persistence.StateStoreException;
import java.io.IOException;

/** A story of the demo, from the first call to the last. */
@FunctionalInterface
interface Story {
  /**
   * Plays the story. The stage closes a client that the story leaves open.
   *
   * @param stage the stage
   * @param verdict receives its claims
   * @throws InterruptedException if the demo is to end early
   */
  void play(Stage stage, Verdict verdict)
      throws IOException, StateStoreException, InterruptedException;
}
