/** The subset of JSON that the endpoint writes and reads. Not exported. */
package io.aragora.resilience.health.json;
