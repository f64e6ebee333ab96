package io.aragora.resilience.core.settings;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A policy of a pipeline that is configured outside the code.
 *
 * @param kind the kind of policy, as property names have it
 * @param name its name; empty if it has the name of the pipeline
 */
public record PolicyReference(String kind, String name) {
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
    Set<PolicyReference> policies = new LinkedHashSet<>();
    for (String entry : entries(list.text())) {
      int colon = entry.indexOf(':');
      String kind = (colon < 0 ? entry : entry.substring(0, colon)).strip();
      String name = colon < 0 ? "" : entry.substring(colon + 1).strip();
      PolicyReference policy = new PolicyReference(kindOf(kind, list), name);
      if ((colon >= 0 && name.isEmpty()) || !policies.add(policy)) {
        throw bad(list);
      }
    }
    return List.copyOf(policies);
  }

  /**
   * Splits at commas that are not inside parentheses: a policy may be named after a method and its
   * parameters.
   */
  private static List<String> entries(String text) {
    List<String> entries = new ArrayList<>();
    int from = 0;
    int nextInside = 0;
    for (int comma = text.indexOf(','); comma >= 0; comma = text.indexOf(',', comma + 1)) {
      // Of several commas before one parenthesis, only the first looks for it.
      if (nextInside <= comma) {
        nextInside = comma + 1;
        while (nextInside < text.length() && "()".indexOf(text.charAt(nextInside)) < 0) {
          nextInside++;
        }
      }
      if (nextInside == text.length() || text.charAt(nextInside) != ')') {
        entries.add(text.substring(from, comma));
        from = comma + 1;
      }
    }
    entries.add(text.substring(from));
    return entries;
  }

  private static String kindOf(String text, SettingText list) {
    for (SettingTable<?, ?> table : RuntimeSettings.tables()) {
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
