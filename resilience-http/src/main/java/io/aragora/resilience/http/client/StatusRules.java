package io.aragora.resilience.http.client;

/**
 * Which answers are failures.
 *
 * @param classifier tells which may be gone at the next attempt
 * @param recordClientErrors whether what the caller did wrong counts against the server, too
 */
record StatusRules(HttpErrorClassifier classifier, boolean recordClientErrors) {
  boolean isTransient(int status) {
    return classifier.isTransient(status);
  }

  boolean isFailure(int status) {
    return isTransient(status) || (recordClientErrors && status >= 400 && status < 500);
  }
}
