/** The bridge to Reactor. */
@org.jspecify.annotations.NullMarked
package io.aragora.resilience.reactor;
