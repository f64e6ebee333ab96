package io.aragora.resilience.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Two nodes that share the keys of a cluster. */
class ClusterTest {
  private static final int SLOTS = 16_384;
  private static final int QUOTAS = 40;

  private static QuotaRequest request(int quota) {
    return QuotaRequest.builder()
        .quota("q" + quota)
        .settings("s")
        .burst(5)
        .wanted(5)
        .build();
  }

  private static RedisServer node() throws Exception {
    return RedisServer.start(
        "--cluster-enabled",
        "yes",
        "--cluster-require-full-coverage",
        "no",
        "--masterauth",
        RedisServer.PASSWORD);
  }

  private static void assign(RedisServer node, int from, int to) {
    int[] slots = java.util.stream.IntStream.range(from, to).toArray();
    node.run(redis -> redis.clusterAddSlots(slots));
  }

  @Test
  @DisplayName("quotas are on all nodes of a cluster, each with both of its keys on one")
  void cluster_quotas_areOnAllNodes() throws Exception {
    try (RedisServer one = node();
        RedisServer other = node()) {
      assign(one, 0, SLOTS / 2);
      assign(other, SLOTS / 2, SLOTS);
      one.run(redis -> redis.clusterMeet("127.0.0.1", other.port()));
      for (RedisServer node : new RedisServer[] {one, other}) {
        Await.until("the nodes know each other", () -> {
          String info = node.run(redis -> redis.clusterInfo());
          return info.contains("cluster_state:ok") && info.contains("cluster_slots_ok:" + SLOTS);
        });
      }

      try (QuotaStore store =
          new RedisQuotaStoreProvider().open(one.patient("x") + "&cluster=true")) {
        for (int i = 0; i < QUOTAS; i++) {
          assertThat(store.lease(request(i)).granted()).isEqualTo(5);
          assertThat(store.lease(request(i)).granted()).isZero();
        }
      }
      long here = one.run(redis -> redis.dbsize());
      long there = other.run(redis -> redis.dbsize());
      assertThat(here).isPositive().isEven();
      assertThat(there).isEqualTo(2 * QUOTAS - here).isPositive();

      try (QuotaStore store = new RedisQuotaStoreProvider().open(one.patient("x"))) {
        assertThatThrownBy(() -> {
              for (int i = 0; i < QUOTAS; i++) {
                store.lease(request(i));
              }
            })
            .isInstanceOf(QuotaStoreException.class)
            .hasMessageContaining("cluster=true");
      }
    }
  }
}
