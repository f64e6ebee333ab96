package io.aragora.resilience.health;

/**
 * Receives status changes, in the background: never on the thread that reported or asked, under no lock. The log shows
 * the first exception of each listener; the listener still receives later events.
 */
@FunctionalInterface
public interface HealthListener {
  /**
   * Receives a status change.
   *
   * @param transition the change
   */
  void onTransition(HealthTransition transition);
}
