/** Health: checks that are run on request, trackers that are told, their combined report, and liveness, readiness and startup groups. */
package io.aragora.resilience.health;
