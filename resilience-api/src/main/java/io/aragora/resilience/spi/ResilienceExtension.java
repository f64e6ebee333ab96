package io.aragora.resilience.spi;

/**
 * Adds something to a runtime: metrics, an endpoint, a bridge to another system. Found by {@link java.util.ServiceLoader},
 * or given to the builder. Where found, it needs a public constructor without parameters that does nothing, and whatever
 * opens a port or touches a process-wide registry must stay off until a property turns it on: being on the module path is
 * not consent. Attached and closed once for each runtime, on the thread that builds it and on one of
 * the runtime, which is waited for 2 s at most; two runtimes may be built at
 * once.
 */
public interface ResilienceExtension {
  /**
   * Starts with a runtime. Called once per runtime; where it throws, that is logged and this extension left out.
   *
   * @param context the runtime as extensions see it
   * @return closed with the runtime, in reverse order of attachment
   * @throws Exception if it cannot start
   */
  AutoCloseable attach(ResilienceContext context) throws Exception;
}
