/**
 * The ground of all policies: {@link io.aragora.resilience.policy.Policy}, the bodies that it calls, and the root
 * exceptions.
 */
package io.aragora.resilience.policy;
