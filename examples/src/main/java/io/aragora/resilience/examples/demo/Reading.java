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
 * @param opened how often it opened so far
 * @param total what became of all calls
 * @param recent what became of the calls of about the last second
 * @param recentSpan how long that was
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
