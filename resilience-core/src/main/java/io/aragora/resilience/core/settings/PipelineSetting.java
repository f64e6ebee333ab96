package io.aragora.resilience.core.settings;

import java.util.ArrayList;
import java.util.List;

/** A setting of a pipeline that is configured outside the code. */
enum PipelineSetting implements PolicySetting<List<PolicyReference>> {
  POLICIES;

  /** The policies of a pipeline that is not configured outside the code. */
  static final List<PolicyReference> NONE = List.of();

  static final SettingGroup<List<PolicyReference>, List<PolicyReference>> GROUP =
      new SettingGroup<>(
          "pipeline",
          "resilience.pipeline.",
          List.of(values()),
          NONE,
          ArrayList::new,
          List::copyOf,
          policies -> false);

  @Override
  public String key() {
    return "policies";
  }

  @Override
  public String variable() {
    return "ARAGORA_PIPELINE_POLICIES";
  }

  @Override
  public void write(List<PolicyReference> draft, SettingText text) {
    draft.clear();
    draft.addAll(PolicyReference.listed(text));
  }
}
