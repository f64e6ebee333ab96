package io.aragora.resilience.core.settings;

import io.aragora.resilience.internal.Setting;

/**
 * The settings of chaos policies. There is one, a factor of at most 1, so settings outside the code lower chances and never raise
 * them. The keys of the process have the same prefix, and are none of a policy.
 */
final class ChaosTable extends SettingTable<Double, double[]> {
  /** The factor of a policy for which none is set. */
  static final Double UNSCALED = 1.0;

  ChaosTable() {
    super("chaos", "chaos", "scale");
  }

  @Override
  void write(double[] draft, String setting, SettingText text) {
    draft[0] = Setting.inRange("scale", 0, 1, text.decimal());
  }

  @Override
  Double sample() {
    return UNSCALED;
  }

  @Override
  double[] draft(Double base) {
    return new double[] {base};
  }

  @Override
  Double finish(double[] draft) {
    return draft[0];
  }

  @Override
  boolean ignoresExternalConfig(Double scale) {
    return false;
  }
}
