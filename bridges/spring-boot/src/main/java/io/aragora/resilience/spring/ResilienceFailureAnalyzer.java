package io.aragora.resilience.spring;

import io.aragora.resilience.policy.ResilienceConfigurationException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Shows why an application does not start because of its settings or annotations, without a stack trace. */
final class ResilienceFailureAnalyzer
    extends AbstractFailureAnalyzer<ResilienceConfigurationException> {
  @Override
  protected @Nullable FailureAnalysis analyze(
      Throwable rootFailure, ResilienceConfigurationException cause) {
    String message = String.valueOf(cause.getMessage());
    return new FailureAnalysis(
        message,
        message.contains("resilience.")
            ? "Correct the setting at the place that the description names. docs/configuration.md lists all settings with"
                + " their ranges."
            : "Change what the description names.",
        cause);
  }
}
