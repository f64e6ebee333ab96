/** The bridge to Resilience4j. */
@org.jspecify.annotations.NullMarked
package io.aragora.resilience.resilience4j;
