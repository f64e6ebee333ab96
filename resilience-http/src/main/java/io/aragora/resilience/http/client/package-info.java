/** A protected {@link java.net.http.HttpClient}, and the classification of HTTP statuses and failures. */
package io.aragora.resilience.http.client;
