package io.aragora.resilience.examples.demo;

import io.aragora.resilience.annotation.WithPipeline;
import java.io.IOException;

/** The application's calls to the upstream, protected by the pipeline that the annotation names. */
interface StatusService {
  /**
   * Calls the upstream and waits.
   *
   * @return the status of its answer, below 500
   * @throws IOException if it cannot be reached, or answers 500 and above
   * @throws InterruptedException if this thread is interrupted
   */
  @WithPipeline(ProtectedClient.UPSTREAM)
  int status() throws IOException, InterruptedException;
}
