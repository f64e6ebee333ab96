/**
 * Limits of a whole fleet: what a store of quotas has to do, and what an instance does that cannot reach it. Applications only
 * name {@link io.aragora.resilience.quota.WhenAlone}; the rest is for those who write a store.
 */
package io.aragora.resilience.quota;
