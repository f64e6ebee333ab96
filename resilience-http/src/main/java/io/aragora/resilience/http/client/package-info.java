/** A protected {@link java.net.http.HttpClient}, and what statuses and failures of HTTP mean. */
package io.aragora.resilience.http.client;
