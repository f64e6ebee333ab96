/**
 * Interfaces that plug-ins implement, and {@link io.aragora.resilience.spi.Attachment}, which helps them. Others stand beside
 * what they are about: {@link io.aragora.resilience.ResilienceExtension}, {@link io.aragora.resilience.EndpointContribution},
 * {@link io.aragora.resilience.HealthCheckProvider}, {@link io.aragora.resilience.persistence.StateStoreProvider} and {@link
 * io.aragora.resilience.quota.QuotaStoreProvider}.
 */
package io.aragora.resilience.spi;
