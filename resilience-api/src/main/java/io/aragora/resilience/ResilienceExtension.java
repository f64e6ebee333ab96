package io.aragora.resilience;

/**
 * Adds something to a runtime: metrics, an endpoint, a bridge to another system. Found by {@link
 * java.util.ServiceLoader}, or given to the builder. An extension that is found needs a public constructor without
 * parameters that does nothing. It must not open a port or touch a process-wide registry until a property turns that on:
 * its presence on the module path is not consent. Attached and closed once for each runtime, on the thread that builds
 * it and on a thread of the runtime, which has at most 2 s for closing. Two runtimes may be built at once.
 */
public interface ResilienceExtension {
  /**
   * Starts with a runtime. Called once per runtime. If it throws, the runtime logs that and skips the extension.
   *
   * @param context the runtime as extensions see it
   * @return closed with the runtime, in reverse order of attachment
   * @throws Exception if the extension cannot start
   */
  AutoCloseable attach(ResilienceContext context) throws Exception;
}
