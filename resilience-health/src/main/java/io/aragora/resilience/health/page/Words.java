package io.aragora.resilience.health.page;

import java.util.Locale;

/** The texts of constants. */
final class Words {
  private Words() {}

  static String of(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
