/** A simulated service under load, which limits of concurrent calls protect: ours and those of peers. */
package io.aragora.resilience.jmh.simulation;
