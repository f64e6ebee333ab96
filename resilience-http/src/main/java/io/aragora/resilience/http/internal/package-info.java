/** What this client and the bridges to other HTTP clients share. */
@org.jspecify.annotations.NullMarked
package io.aragora.resilience.http.internal;
