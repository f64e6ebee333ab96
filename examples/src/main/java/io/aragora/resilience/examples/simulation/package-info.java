/** An outage in simulated time, which shows what a retry budget is for, and that a run can be repeated exactly. */
package io.aragora.resilience.examples.simulation;
