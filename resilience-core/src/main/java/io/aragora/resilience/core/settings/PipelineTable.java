package io.aragora.resilience.core.settings;

import java.util.ArrayList;
import java.util.List;

/** The settings of pipelines that are configured outside the code. */
final class PipelineTable extends SettingTable<List<PolicyReference>, List<PolicyReference>> {
  /** The policies of a pipeline that is not configured outside the code. */
  static final List<PolicyReference> NONE = List.of();

  PipelineTable() {
    super("pipeline", "pipeline", "policies");
  }

  @Override
  boolean isPolicy() {
    return false;
  }

  @Override
  void write(List<PolicyReference> draft, String setting, SettingText text) {
    draft.clear();
    draft.addAll(PolicyReference.listed(text));
  }

  @Override
  List<PolicyReference> sample() {
    return NONE;
  }

  @Override
  List<PolicyReference> draft(List<PolicyReference> base) {
    return new ArrayList<>(base);
  }

  @Override
  List<PolicyReference> finish(List<PolicyReference> draft) {
    return List.copyOf(draft);
  }

  @Override
  boolean ignoresExternalConfig(List<PolicyReference> policies) {
    return false;
  }
}
