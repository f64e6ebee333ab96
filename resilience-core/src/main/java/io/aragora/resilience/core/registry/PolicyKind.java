package io.aragora.resilience.core.registry;

import io.aragora.resilience.policy.DeclaredSettings;
import org.jspecify.annotations.Nullable;

/**
 * A kind of policies: what a registry needs to know of it. A class and not a set of functions,
 * because the JDK links each function separately, and every process would pay for that at its
 * start.
 *
 * @param <P> the policy
 * @param <C> its config
 */
public abstract class PolicyKind<P, C> {
  /** Creates a kind. */
  protected PolicyKind() {}

  /**
   * Creates a policy.
   *
   * @param name its name
   * @param config its config
   * @return the policy
   */
  protected abstract P make(String name, C config);

  /**
   * Returns the config of a policy that was looked up and never declared. Default: a policy of this
   * kind is always declared.
   *
   * @param name its name
   * @return its config
   */
  protected C undeclared(String name) {
    throw new IllegalStateException("'" + name + "' is looked up undeclared");
  }

  /**
   * Returns the config that a declared policy is created with. Default: the declared one.
   *
   * @param name its name
   * @param declared the config in the code
   * @return the config
   */
  protected C effective(String name, C declared) {
    return declared;
  }

  /**
   * Returns every setting of a declaration, for the comparison of two declarations.
   *
   * @param declared the config in the code
   * @return its settings
   */
  protected abstract DeclaredSettings settings(C declared);

  /**
   * Sets the config of a policy that was looked up before its declaration.
   *
   * @param policy the policy
   * @param config its config
   */
  protected void configure(P policy, C config) {
    throw new IllegalStateException("created undeclared: " + policy);
  }

  /**
   * Returns the key under which settings outside the code configure the kind, if lists of a pipeline's policies cannot name it.
   * Default: none configure it.
   *
   * @return the name of the kind in settings; null if there is none, or if it is the one in lists
   */
  protected @Nullable String settingsKey() {
    return null;
  }

  /**
   * Checks that {@link #reconfigure} can give a config to a policy. Changes nothing. Default: it can.
   *
   * @param policy the policy
   * @param config the config
   * @throws IllegalArgumentException if it cannot; the message names setting, rule and value
   */
  protected void check(P policy, C config) {}

  /**
   * Changes a policy whose settings outside the code are different now. Default: it cannot be changed.
   *
   * @param policy the policy
   * @param config its config
   * @return whether it has the config now
   */
  protected boolean reconfigure(P policy, C config) {
    return false;
  }

  /**
   * Lets a policy look up its duration recorders again. Default: it has none.
   *
   * @param policy the policy
   */
  protected void measure(P policy) {}

  /**
   * Called after a policy was removed. Default: nothing else knows it.
   *
   * @param name its name
   */
  protected void removed(String name) {}

  /**
   * Returns the number of calls of a policy that does not note the time of its calls. Default: its kind does.
   *
   * @param policy the policy
   * @return the number of calls so far; -1 if {@link #idleSince} is to be asked
   */
  protected long calls(P policy) {
    return -1;
  }

  /**
   * Returns the instant, of the time source, since which a policy had no call. Default: it is never
   * evicted.
   *
   * @param policy the policy
   * @return the instant; {@link Long#MAX_VALUE} if it must stay
   */
  protected long idleSince(P policy) {
    return Long.MAX_VALUE;
  }
}
