/** Breaker state in a table of PostgreSQL that many instances share. */
package io.aragora.resilience.persistence.postgresql;
