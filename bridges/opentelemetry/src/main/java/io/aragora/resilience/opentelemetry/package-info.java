/** The bridge to OpenTelemetry. */
@org.jspecify.annotations.NullMarked
package io.aragora.resilience.opentelemetry;
