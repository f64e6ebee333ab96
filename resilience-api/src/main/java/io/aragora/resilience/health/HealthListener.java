package io.aragora.resilience.health;

/**
 * Hears of changes of health, in the background: never on the thread that reported or asked, under no lock. What it throws is
 * logged once and harms nobody.
 */
@FunctionalInterface
public interface HealthListener {
  /**
   * The health of a component changed.
   *
   * @param transition what changed
   */
  void onTransition(HealthTransition transition);
}
