/**
 * Tests of applications whose time stands still until the test moves it. Needs {@code resilience-testing} on the path of the
 * tests.
 */
@org.jspecify.annotations.NullMarked
package io.aragora.resilience.spring.test;
