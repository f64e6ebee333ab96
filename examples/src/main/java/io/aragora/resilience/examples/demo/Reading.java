package io.aragora.resilience.examples.demo;

import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import java.time.Duration;

/**
 * Everything that a view shows, at one instant.
 *
 * @param elapsed since the start
 * @param length how long the demo is to take
 * @param act the part of the story
 * @param scene what happens in it
 * @param breaker the breaker
 * @param opened how often it has opened
 * @param total the outcomes of all calls
 * @param recent the outcomes of about the last second
 * @param recentSpan the length of that time
 */
record Reading(
    Duration elapsed,
    Duration length,
    String act,
    String scene,
    CircuitBreakerSnapshot breaker,
    long opened,
    Score total,
    Score recent,
    Duration recentSpan) {
  String perSecond(Outcome outcome) {
    return Figures.perSecond(recent.count(outcome), recentSpan);
  }
}
