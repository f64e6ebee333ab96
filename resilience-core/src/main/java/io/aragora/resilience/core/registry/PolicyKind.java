package io.aragora.resilience.core.registry;

import io.aragora.resilience.policy.DeclaredSettings;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * The kind of policies in a registry.
 *
 * @param text the name of the kind in messages
 * @param factory creates a policy from its name and config
 * @param undeclared returns the config of a policy that was looked up and never declared, by its
 *     name
 * @param declared returns every setting of a declaration, for the comparison of two declarations
 * @param configure sets the config of a policy that was looked up before its declaration
 * @param <P> the policy
 * @param <C> its config
 */
public record PolicyKind<P, C>(
    String text,
    BiFunction<String, C, P> factory,
    Function<String, C> undeclared,
    Function<C, DeclaredSettings> declared,
    BiConsumer<P, C> configure) {

  /**
   * Returns a kind of policies that are always declared, never looked up by name alone.
   *
   * @param text the name of the kind in messages
   * @param factory creates a policy from its name and config
   * @param declared returns every setting of a declaration, for the comparison of two declarations
   * @param <P> the policy
   * @param <C> its config
   * @return the kind
   */
  public static <P, C> PolicyKind<P, C> alwaysDeclared(
      String text, BiFunction<String, C, P> factory, Function<C, DeclaredSettings> declared) {
    return new PolicyKind<>(
        text,
        factory,
        name -> {
          throw new IllegalStateException(text + " '" + name + "' is looked up undeclared");
        },
        declared,
        (policy, config) -> {
          throw new IllegalStateException(text + " was created undeclared: " + policy);
        });
  }
}
