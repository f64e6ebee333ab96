/**
 * The interfaces that plug-ins implement, besides {@link io.aragora.resilience.ResilienceExtension} and {@link
 * io.aragora.resilience.persistence.StateStoreProvider}.
 */
package io.aragora.resilience.spi;
