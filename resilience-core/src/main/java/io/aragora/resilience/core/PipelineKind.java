package io.aragora.resilience.core;

import io.aragora.resilience.core.pipeline.CorePipeline;
import io.aragora.resilience.core.registry.PolicyKind;
import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.util.List;

/** Pipelines. */
final class PipelineKind extends PolicyKind<CorePipeline, List<Policy>> {
  private final RuntimePolicies policies;

  PipelineKind(RuntimePolicies policies) {
    this.policies = policies;
  }

  @Override
  protected CorePipeline make(String pipeline, List<Policy> links) {
    return policies.makePipeline(pipeline, links);
  }

  @Override
  protected List<Policy> undeclared(String pipeline) {
    List<Policy> outside = policies.outsidePolicies(pipeline);
    if (outside.isEmpty()) {
      throw undeclaredPipeline(pipeline);
    }
    return outside;
  }

  static ResilienceConfigurationException undeclaredPipeline(String pipeline) {
    return new ResilienceConfigurationException("pipeline '" + pipeline
        + "' is not declared. Declare it by pipeline(name, p -> p.add(…)), or set"
        + " resilience.pipeline." + pipeline + ".policies");
  }

  /** Policies that are listed outside the code replace those of the code. */
  @Override
  protected List<Policy> effective(String pipeline, List<Policy> declared) {
    List<Policy> stronger = policies.outsidePolicies(pipeline);
    return stronger.isEmpty() ? declared : stronger;
  }

  @Override
  protected DeclaredSettings settings(List<Policy> declared) {
    return DeclaredSettings.builder().add("policies", declared).build();
  }

  @Override
  protected void configure(CorePipeline pipeline, List<Policy> declared) {
    // It keeps the policies from outside the code, which it was looked up with.
  }
}
