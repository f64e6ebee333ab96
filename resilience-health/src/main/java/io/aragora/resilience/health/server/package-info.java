/**
 * A small HTTP server for untrusted clients: one request per connection, a bound and a deadline for everything; the
 * slowest clients are cut off to make room for new ones.
 */
package io.aragora.resilience.health.server;
