/**
 * Health: checks that are run on request, trackers that hear reports, their combined report, and liveness, readiness and
 * startup groups.
 */
package io.aragora.resilience.health;
