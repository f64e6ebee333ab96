package io.aragora.resilience.http.client;

/**
 * Decides which responses are failures.
 *
 * @param classifier which statuses are transient
 * @param recordClientErrors whether client errors count against the server, too
 */
record StatusRules(HttpErrorClassifier classifier, boolean recordClientErrors) {
  boolean isTransient(int status) {
    return classifier.isTransient(status);
  }

  boolean isFailure(int status) {
    return isTransient(status) || (recordClientErrors && status >= 400 && status < 500);
  }
}
