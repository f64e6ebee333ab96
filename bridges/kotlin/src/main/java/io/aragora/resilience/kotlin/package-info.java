/** The bridge to Kotlin. */
@org.jspecify.annotations.NullMarked
package io.aragora.resilience.kotlin;
