/**
 * A small HTTP server for strangers: one request a connection, a bound and a deadline for everything, and those who are slowest
 * make room for those who come.
 */
package io.aragora.resilience.health.server;
