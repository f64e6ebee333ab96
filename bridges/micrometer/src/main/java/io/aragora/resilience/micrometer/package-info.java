/** The bridge to Micrometer. */
@org.jspecify.annotations.NullMarked
package io.aragora.resilience.micrometer;
