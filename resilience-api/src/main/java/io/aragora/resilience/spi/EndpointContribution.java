package io.aragora.resilience.spi;

import java.io.IOException;
import java.io.OutputStream;

/**
 * A path for the HTTP endpoint, contributed by another module: that is how {@code /metrics} appears when the metrics module
 * is there. Found by {@link java.util.ServiceLoader}. Needs a public constructor without parameters that does nothing.
 * Thread-safe, since the threads of an endpoint call it at once.
 */
public interface EndpointContribution {
  /**
   * Names the path.
   *
   * @return a path that starts with a slash
   */
  String path();

  /**
   * Names the type of what is written.
   *
   * @return a media type with its character set
   */
  String contentType();

  /**
   * Answers a GET. Called by several threads at once.
   *
   * @param context the runtime that is asked about
   * @param body where the answer goes
   * @throws IOException if it cannot be written
   */
  void write(ResilienceContext context, OutputStream body) throws IOException;
}
