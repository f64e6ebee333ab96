/**
 * Protects the calls of Spring's HTTP clients: {@code RestClient}, {@code RestTemplate} and {@code WebClient}, by the rules of
 * {@code resilience-http}.
 */
@org.jspecify.annotations.NullMarked
package io.aragora.resilience.spring.http;
