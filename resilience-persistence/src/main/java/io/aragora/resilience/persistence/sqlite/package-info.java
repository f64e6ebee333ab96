/** Breaker state in one SQLite file. */
package io.aragora.resilience.persistence.sqlite;
