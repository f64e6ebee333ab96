package io.aragora.resilience.examples.demo;

import io.aragora.resilience.persistence.StateStoreException;
import java.io.IOException;

/** What the demo plays, from the first call to the last. */
@FunctionalInterface
interface Story {
  /**
   * Plays it. The client that it leaves open is closed with the stage.
   *
   * @param stage where it is played
   * @param verdict takes what it claims to have shown
   * @throws InterruptedException if somebody wants it to end early
   */
  void play(Stage stage, Verdict verdict)
      throws IOException, StateStoreException, InterruptedException;
}
