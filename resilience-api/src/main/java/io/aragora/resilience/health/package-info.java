/**
 * Health: checks on request, trackers that receive reports, their combined report, and liveness, readiness and startup
 * groups.
 */
package io.aragora.resilience.health;
