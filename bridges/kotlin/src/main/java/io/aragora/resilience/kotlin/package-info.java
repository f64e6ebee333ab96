/** Policies for suspending functions and flows of Kotlin: {@code execute}, {@code withPolicy}, and configs in braces. */
@org.jspecify.annotations.NullMarked
package io.aragora.resilience.kotlin;
