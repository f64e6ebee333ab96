package io.aragora.resilience.core.registry;

/**
 * Creates the kinds of policies. A registry asks for its kind when the first policy of it is needed, so a process loads no class for
 * kinds that it does not use. Thread-safe.
 */
public interface PolicyKinds {
  /**
   * Creates a kind.
   *
   * @param text the name of the kind in messages
   * @return the {@link PolicyKind}. Declared as an object, because the verifier would load the class of every kind otherwise
   */
  Object kind(String text);
}
