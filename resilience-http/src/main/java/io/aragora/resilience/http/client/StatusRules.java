package io.aragora.resilience.http.client;

import io.aragora.resilience.http.internal.ClientRules;

/**
 * Decides which responses are failures.
 *
 * @param classifier which statuses are transient
 * @param client whether client errors count against the server, too
 */
record StatusRules(HttpErrorClassifier classifier, ClientRules client) {
  boolean isTransient(int status) {
    return classifier.isTransient(status);
  }

  boolean isFailure(int status) {
    return isTransient(status) || client.isRecordedClientError(status);
  }
}
