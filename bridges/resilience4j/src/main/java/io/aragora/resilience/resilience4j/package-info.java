/**
 * Shows policies of this library as those of Resilience4j, so that code and modules written against Resilience4j run on
 * them. {@link io.aragora.resilience.resilience4j.Resilience4j} is where to begin.
 */
@NullMarked
package io.aragora.resilience.resilience4j;

import org.jspecify.annotations.NullMarked;
