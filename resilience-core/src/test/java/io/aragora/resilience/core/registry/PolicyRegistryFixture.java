package io.aragora.resilience.core.registry;

import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A registry of policies whose idle time the test sets. */
abstract class PolicyRegistryFixture {
  static final int MAX = 10;
  static final Duration DAY = Duration.ofHours(24);
  static final Duration SECOND = Duration.ofSeconds(1);

  /** A policy that behaves like a breaker in its registry. */
  static final class FakePolicy {
    final String name;
    String config;
    volatile long idleSince;

    FakePolicy(String name, String config, long now) {
      this.name = name;
      this.config = config;
      this.idleSince = now;
    }

    /** Open, or in use. */
    void mustStay() {
      idleSince = Long.MAX_VALUE;
    }
  }

  final ManualTime time = ManualTime.create();
  final AtomicInteger made = new AtomicInteger();
  final AtomicInteger asked = new AtomicInteger();
  final PolicyRegistry<FakePolicy, String> registry = registry(MAX);

  PolicyRegistry<FakePolicy, String> registry(int max) {
    return new PolicyRegistry<>(
        text -> new FakeKind(), "fake", null, max, Staleness.after(time, DAY));
  }

  private final class FakeKind extends PolicyKind<FakePolicy, String> {
    @Override
    protected FakePolicy make(String name, String config) {
      made.incrementAndGet();
      return new FakePolicy(name, config, time.nanoTime());
    }

    @Override
    protected String undeclared(String name) {
      return "undeclared";
    }

    @Override
    protected DeclaredSettings settings(String declared) {
      return declared(declared);
    }

    @Override
    protected void configure(FakePolicy policy, String config) {
      policy.config = config;
    }

    @Override
    protected long idleSince(FakePolicy policy) {
      asked.incrementAndGet();
      return policy.idleSince;
    }
  }

  static DeclaredSettings declared(String config) {
    return DeclaredSettings.builder().add("config", config).build();
  }

  List<FakePolicy> fill(int from, int to) {
    List<FakePolicy> all = new ArrayList<>();
    for (int i = from; i < to; i++) {
      all.add(registry.get("p" + i));
    }
    return all;
  }

  List<String> names() {
    return registry.all().stream().map(policy -> policy.name).sorted().toList();
  }
}
