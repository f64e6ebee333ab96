/** The bridge to Spring Boot. */
@org.jspecify.annotations.NullMarked
package io.aragora.resilience.spring;
