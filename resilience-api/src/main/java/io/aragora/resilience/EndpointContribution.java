package io.aragora.resilience;

import java.io.IOException;
import java.io.OutputStream;

/**
 * A path that another module adds to the HTTP endpoint; the metrics module adds {@code /metrics} this way. Found by
 * {@link java.util.ServiceLoader}. Needs a public constructor without parameters that does nothing. Thread-safe, because
 * several threads of an endpoint call it at once.
 */
public interface EndpointContribution {
  /** {@return the path, which starts with a slash} */
  String path();

  /** {@return the media type of the answer, with its character set} */
  String contentType();

  /**
   * Answers a GET. Called by several threads at once.
   *
   * @param context the runtime that the request is about
   * @param body receives the answer
   * @throws IOException if the answer cannot be written
   */
  void write(ResilienceContext context, OutputStream body) throws IOException;
}
