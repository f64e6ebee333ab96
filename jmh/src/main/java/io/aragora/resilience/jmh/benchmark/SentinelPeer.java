package io.aragora.resilience.jmh.benchmark;

import com.alibaba.csp.sentinel.SphO;
import com.alibaba.csp.sentinel.slots.block.RuleConstant;
import com.alibaba.csp.sentinel.slots.block.flow.FlowRule;
import com.alibaba.csp.sentinel.slots.block.flow.FlowRuleManager;
import java.util.List;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Calls under the rules of Sentinel, which are those of the process. A state of its own, so that its threads run in no fork of
 * another benchmark.
 */
@State(Scope.Benchmark)
public class SentinelPeer {
  private static final String ADMITS = "admits";
  private static final String REJECTS = "rejects";

  /** At most ten calls at a time, none of which waits. */
  public static class Places extends SentinelPeer {
    /** Loads the rules. */
    @Setup
    public void setUp() {
      load(
          rule(ADMITS, RuleConstant.FLOW_GRADE_THREAD, 10),
          rule(REJECTS, RuleConstant.FLOW_GRADE_THREAD, 0));
    }
  }

  /** A rate of a thousand million calls in a second, each at a distance from the one before. */
  public static class Rate extends SentinelPeer {
    /** Loads the rules. */
    @Setup
    public void setUp() {
      FlowRule admits = rule(ADMITS, RuleConstant.FLOW_GRADE_QPS, 1e9);
      admits.setControlBehavior(RuleConstant.CONTROL_BEHAVIOR_RATE_LIMITER);
      admits.setMaxQueueingTimeMs(0);
      load(admits, rule(REJECTS, RuleConstant.FLOW_GRADE_QPS, 0));
    }
  }

  private static void load(FlowRule... rules) {
    // Without this, Sentinel writes its logs into the home directory of the user.
    System.setProperty("csp.sentinel.log.dir", System.getProperty("java.io.tmpdir"));
    FlowRuleManager.loadRules(List.of(rules));
    if (!new SentinelPeer().isAdmitted() || new SentinelPeer().isNeverAdmitted()) {
      throw new IllegalStateException("Sentinel does not follow its rules");
    }
  }

  private static FlowRule rule(String resource, int grade, double count) {
    FlowRule rule = new FlowRule(resource);
    rule.setGrade(grade);
    rule.setCount(count);
    return rule;
  }

  final boolean isAdmitted() {
    boolean admitted = SphO.entry(ADMITS);
    if (admitted) {
      SphO.exit();
    }
    return admitted;
  }

  final boolean isNeverAdmitted() {
    return SphO.entry(REJECTS);
  }
}
