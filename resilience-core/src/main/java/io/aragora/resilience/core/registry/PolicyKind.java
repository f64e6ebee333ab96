package io.aragora.resilience.core.registry;

import io.aragora.resilience.spi.DeclaredSettings;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * What a registry has to know of the policies that it holds.
 *
 * @param text what they are called in messages
 * @param factory makes one by its name and its settings
 * @param undeclared gives the settings of one that is looked up and was never declared, by its name
 * @param declared gives every setting of a declaration, by which two are compared
 * @param configure gives one that was looked up the settings of its declaration
 * @param <P> the policy
 * @param <C> its settings
 */
public record PolicyKind<P, C>(
    String text,
    BiFunction<String, C, P> factory,
    Function<String, C> undeclared,
    Function<C, DeclaredSettings> declared,
    BiConsumer<P, C> configure) {

  /**
   * Things that are made by looking them up, and have no settings to declare.
   *
   * @param text what they are called in messages
   * @param factory makes one by its name
   * @param <P> the thing
   * @return their kind
   */
  public static <P> PolicyKind<P, Boolean> neverDeclared(String text, Function<String, P> factory) {
    return new PolicyKind<>(
        text,
        (name, nothing) -> factory.apply(name),
        name -> Boolean.TRUE,
        nothing -> DeclaredSettings.builder().build(),
        (made, nothing) -> {});
  }

  /**
   * Policies that are declared, and never looked up by their name alone.
   *
   * @param text what they are called in messages
   * @param factory makes one by its name and its settings
   * @param declared gives every setting of a declaration, by which two are compared
   * @param <P> the policy
   * @param <C> its settings
   * @return their kind
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
          throw new IllegalStateException(text + " was made undeclared: " + policy);
        });
  }
}
