/** What plug-ins implement and providers of the runtime need; applications rarely look here. */
package io.aragora.resilience.spi;
