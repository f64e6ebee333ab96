package io.aragora.resilience.core.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A policy of a pipeline that is configured outside the code.
 *
 * @param kind the kind of policy, as property names have it
 * @param name its name; empty if it has the name of the pipeline
 */
public record PolicyReference(String kind, String name) {
  /**
   * A comma that is not inside parentheses: a policy may be named after a method and its
   * parameters.
   */
  private static final Pattern SEPARATOR = Pattern.compile(",(?![^()]*\\))");

  /**
   * Returns the name of the policy.
   *
   * @param pipeline the name of the pipeline
   * @return the policy's own name, or else the pipeline's
   */
  public String nameIn(String pipeline) {
    return name.isEmpty() ? pipeline : name;
  }

  static List<PolicyReference> listed(SettingText list) {
    List<PolicyReference> policies = new ArrayList<>();
    for (String entry : SEPARATOR.split(list.text(), -1)) {
      int colon = entry.indexOf(':');
      String kind = (colon < 0 ? entry : entry.substring(0, colon)).strip();
      String name = colon < 0 ? "" : entry.substring(colon + 1).strip();
      PolicyReference policy = new PolicyReference(kindOf(kind, list), name);
      if ((colon >= 0 && name.isEmpty()) || policies.contains(policy)) {
        throw bad(list);
      }
      policies.add(policy);
    }
    return policies;
  }

  private static String kindOf(String text, SettingText list) {
    for (SettingTable<?, ?> table : RuntimeSettings.TABLES) {
      if (table.isPolicy() && table.key().equalsIgnoreCase(text)) {
        return table.key();
      }
    }
    throw bad(list);
  }

  private static IllegalArgumentException bad(SettingText list) {
    return list.unreadable(
        "a list of different policies from the outermost to the innermost, such as"
            + " 'retry, circuitbreaker:shop, timeout'");
  }
}
