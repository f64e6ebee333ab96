package io.aragora.resilience.core.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A policy of a pipeline that is described outside the code.
 *
 * @param kind what it is
 * @param name its name; empty for that of the pipeline
 */
public record PolicyReference(Kind kind, String name) {
  /** A comma, but none between the parameters of an annotated method, whose name a policy may have. */
  private static final Pattern SEPARATOR = Pattern.compile(",(?![^()]*\\))");

  /** What a policy is. */
  public enum Kind {
    /** A circuit breaker. */
    CIRCUITBREAKER,
    /** A retry. */
    RETRY,
    /** A timeout. */
    TIMEOUT
  }

  /**
   * Gives the name.
   *
   * @param pipeline the pipeline's
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

  private static Kind kindOf(String text, SettingText list) {
    for (Kind kind : Kind.values()) {
      if (kind.name().equalsIgnoreCase(text)) {
        return kind;
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
