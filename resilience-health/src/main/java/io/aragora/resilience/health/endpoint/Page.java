package io.aragora.resilience.health.endpoint;

/** What stands behind one path. Called by several threads at once. */
@FunctionalInterface
interface Page {
  Answer answer() throws Exception;
}
