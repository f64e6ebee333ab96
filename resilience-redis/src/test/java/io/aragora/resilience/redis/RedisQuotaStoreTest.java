package io.aragora.resilience.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is stored, and what a store does with data that it has not stored. */
class RedisQuotaStoreTest {
  private final String prefix = RedisServer.newPrefix();
  private final String quota = prefix + ":{=ratelimiter:api}:quota";
  private final String instances = prefix + ":{=ratelimiter:api}:instances";
  private final Deque<QuotaStore> opened = new ArrayDeque<>();
  private RedisServer server;

  @BeforeEach
  void server() throws Exception {
    server = RedisServer.shared();
  }

  @AfterEach
  void closeStores() {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  private QuotaStore store() throws QuotaStoreException {
    QuotaStore store = new RedisQuotaStoreProvider().open(server.patient(prefix));
    opened.push(store);
    return store;
  }

  private <T> T run(Function<RedisCommands<String, String>, T> commands) {
    return server.run(commands);
  }

  private List<String> keys() {
    return run(redis -> redis.keys(prefix + ":*"));
  }

  private Map<String, String> stored() {
    return run(redis -> redis.hgetall(quota));
  }

  private void change(Consumer<RedisCommands<String, String>> commands) {
    server.run(redis -> {
      commands.accept(redis);
      return null;
    });
  }

  private static QuotaRequest.Builder wants(int permits) {
    return QuotaRequest.builder()
        .quota("ratelimiter:api")
        .settings("limit=10")
        .instance(new UUID(1, 1))
        .limit(10)
        .period(Duration.ofDays(1))
        .burst(20)
        .wanted(permits);
  }

  @Test
  @DisplayName("a quota is two keys of one hash slot, and both expire")
  void lease_stored_asTwoKeysThatExpire() throws Exception {
    store().lease(wants(5).build());

    assertThat(keys()).containsExactlyInAnyOrder(quota, instances);
    assertThat(stored())
        .containsOnlyKeys("level", "at", "settings")
        .containsEntry("level", "15")
        .containsEntry("settings", "limit=10");
    assertThat(Duration.ofMillis(run(redis -> redis.pttl(quota))))
        .isBetween(Duration.ofDays(29), Duration.ofDays(30));
    assertThat(Duration.ofMillis(run(redis -> redis.pttl(instances))))
        .isBetween(Duration.ofSeconds(60), Duration.ofSeconds(91));
  }

  @ParameterizedTest
  @CsvSource({"5, 99, 101", "365, 3649, 3650"})
  @DisplayName(
      "a quota expires when it is full, if that is later than a month, and after ten years")
  void lease_slow_expiresWhenFull(int period, int least, int most) throws Exception {
    store().lease(wants(20).limit(1).period(Duration.ofDays(period)).build());

    assertThat(Duration.ofMillis(run(redis -> redis.pttl(quota))))
        .isBetween(Duration.ofDays(least), Duration.ofDays(most));
  }

  @Test
  @DisplayName("a name may have any characters")
  void lease_anyName_isEncoded() throws Exception {
    QuotaStore store = store();
    for (String name :
        List.of("", "}", "}{x}", "%", "%007d", "\n\0", "\ud800", "\ud801", "a\r\nFLUSHALL")) {
      assertThat(store.lease(wants(20).quota(name).build()).granted()).as(name).isEqualTo(20);
    }

    assertThat(keys())
        .hasSize(18)
        .contains(
            prefix + ":{=%007d}:quota", prefix + ":{=%0025007d}:quota", prefix + ":{=%d800}:quota");
  }

  @Test
  @DisplayName("instances are counted up to 10,000, and no more are stored")
  void lease_manyInstances_areBounded() throws Exception {
    QuotaStore store = store();
    change(redis -> redis.eval(
        "local now = redis.call('TIME')[1] .. '000000' for i = 1, 10100 do redis.call('ZADD', KEYS[1], now,"
            + " string.format('00000000-0000-0000-0000-%012d', i)) end return 'OK'",
        ScriptOutputType.STATUS, new String[] {instances}));

    assertThat(store.lease(wants(1).build()).instances()).isEqualTo(10_000);
    long counted = run(redis -> redis.zcard(instances));
    assertThat(counted).isEqualTo(10_000);
    Double asked = run(redis -> redis.zscore(instances, new UUID(1, 1).toString()));
    assertThat(asked).isNotNull();
  }

  @Test
  @DisplayName("a quota never earns more than its limit, however often it is asked")
  void lease_often_earnsNoMoreThanTheLimit() throws Exception {
    QuotaStore store = store();
    QuotaRequest.Builder request =
        wants(0).limit(0.1).period(Duration.ofSeconds(1)).burst(2_000_000_000);
    store.lease(request.startsFull(false).earned(1e9).build());
    change(redis -> redis.hset(quota, "level", "1000000000"));
    long before = Long.parseLong(stored().get("at"));
    request.earned(0);

    for (int i = 0; i < 300; i++) {
      store.lease(request.build());
    }

    double micros = Long.parseLong(stored().get("at")) - (double) before;
    assertThat(Double.parseDouble(stored().get("level"))).isBetween(1e9, 1e9 + micros * 1e-7);
  }

  @Test
  @DisplayName("a script that the server does not know any more is sent again")
  void lease_scriptFlushed_isSentAgain() throws Exception {
    QuotaStore store = store();
    store.lease(wants(5).build());
    change(RedisCommands::scriptFlush);

    assertThat(store.lease(wants(5).build()).left()).isLessThan(10.1);
  }

  @Test
  @DisplayName("an instance that asked in a future, when the clock was wrong, is not counted")
  void lease_instanceOfTheFuture_isRemoved() throws Exception {
    QuotaStore store = store();
    change(redis -> redis.zadd(instances, 9e15, new UUID(2, 2).toString()));

    assertThat(store.lease(wants(5).build()).instances()).isEqualTo(1);
  }

  @Test
  @DisplayName("a quota of the future, when the clock was wrong, earns nothing and is not lowered")
  void lease_clockGoesBack_earnsNothing() throws Exception {
    QuotaStore store = store();
    store.lease(wants(5).build());
    change(redis -> redis.hincrby(quota, "at", 3_600_000_000L));

    QuotaLease lease = store.lease(wants(0).build());

    assertThat(lease.left()).isBetween(15.0, 15.01);
  }

  /** Changes one of the keys of a quota to data of another application. */
  private void spoil(String kind) {
    change(redis -> {
      redis.hset(quota, Map.of("level", "1", "at", "1", "settings", "limit=10"));
      redis.zadd(instances, 1, new UUID(2, 2).toString());
      switch (kind) {
        case "string" -> redis.set(quota, "secret");
        case "list" -> {
          redis.del(quota);
          redis.rpush(quota, "x");
        }
        case "more" -> redis.hset(quota, "more", "1");
        case "less" -> redis.hdel(quota, "at");
        case "NaN" -> redis.hset(quota, "level", "nan");
        case "inf" -> redis.hset(quota, "level", "-inf");
        case "text" -> redis.hset(quota, "level", "secret");
        case "at" -> redis.hset(quota, "at", "1e300");
        case "owner" -> redis.hset(quota, "settings", "x".repeat(10_001));
        case "string of instances" -> redis.set(instances, "x");
        case "hash of instances" -> {
          redis.del(instances);
          redis.hset(instances, "x", "y");
        }
        case "first member" -> redis.zadd(instances, 0, "secret");
        case "last member" -> redis.zadd(instances, 2, "secret");
        default -> throw new IllegalArgumentException(kind);
      }
    });
  }

  private byte[] dump(String key) {
    return run(redis -> redis.dump(key));
  }

  private long life(String key) {
    return run(redis -> redis.pttl(key));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "string",
        "list",
        "more",
        "less",
        "NaN",
        "inf",
        "text",
        "at",
        "owner",
        "string of instances",
        "hash of instances",
        "first member",
        "last member"
      })
  @DisplayName("data of another application under a key is an error that says so, neither key is"
      + " changed, and other quotas are leased on the same connection")
  void lease_foreignData_isAnErrorOfOneQuota(String kind) throws Exception {
    QuotaStore store = store();
    spoil(kind);
    List<byte[]> before = List.of(dump(quota), dump(instances));
    long connected = server.connected();

    assertThatThrownBy(() -> store.lease(wants(1).build()))
        .isInstanceOf(QuotaStoreException.class)
        .hasMessageContaining("127.0.0.1")
        .hasMessageContaining("choose another parameter prefix")
        .hasMessageNotContaining("secret")
        .hasMessageNotContaining("battery")
        .satisfies(e -> assertThat(((QuotaStoreException) e).isOfOneQuota()).isTrue());
    assertThat(store.lease(wants(1).quota("other").build()).granted()).isOne();
    // One of the test itself, which asks.
    assertThat(server.connected() - connected).isOne();
    assertThat(dump(quota)).isEqualTo(before.get(0));
    assertThat(dump(instances)).isEqualTo(before.get(1));
    assertThat(List.of(life(quota), life(instances))).as("no expiry").containsOnly(-1L);
  }

  @Test
  @DisplayName("a request that no server may see fails before it is sent, and alone")
  void lease_tooLong_isAnErrorOfOneQuota() throws Exception {
    QuotaStore store = store();
    store.lease(wants(1).build());
    long connected = server.connected();

    for (QuotaRequest.Builder request : List.of(
        wants(1).settings("x".repeat(10_001)),
        wants(1).settings("\u20ac".repeat(3_334)),
        wants(1).quota("x".repeat(20_001)))) {
      assertThatThrownBy(() -> store.lease(request.build()))
          .isInstanceOf(QuotaStoreException.class)
          .hasMessageContaining("must have at most")
          .satisfies(e -> assertThat(((QuotaStoreException) e).isOfOneQuota()).isTrue());
    }
    assertThat(store.lease(wants(1).quota("x".repeat(20_000)).build()).granted())
        .isOne();
    assertThat(server.connected() - connected).isOne();
  }

  @Test
  @DisplayName("a user without rights to the keys of one quota leases the others on one connection")
  void lease_keysNotPermitted_isAnErrorOfOneQuota() throws Exception {
    change(redis -> redis.aclSetuser(
        prefix,
        AclSetuserArgs.Builder.on()
            .addPassword("app")
            .allCommands()
            .keyPattern(prefix + ":{=allowed}:*")));
    QuotaStore store = new RedisQuotaStoreProvider()
        .open("redis://" + prefix + ":app@127.0.0.1:" + server.port()
            + "?timeoutMillis=10000&prefix=" + prefix);
    opened.push(store);
    long connected = server.connected();

    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> store.lease(wants(1).build()))
          .isInstanceOf(QuotaStoreException.class)
          .hasMessageContaining("NOPERM")
          .satisfies(e -> assertThat(((QuotaStoreException) e).isOfOneQuota()).isTrue());
      assertThat(store.lease(wants(1).quota("allowed").build()).granted()).isOne();
    }
    assertThat(server.connected() - connected).isOne();
  }

  @Test
  @DisplayName("the commands that the page names are enough")
  void lease_userOfThePage_isEnough() throws Exception {
    String page = Files.readString(Path.of("../docs/redis.md"));
    List<String> rule = page.lines()
        .filter(line -> line.startsWith("ACL SETUSER limiter "))
        .findFirst()
        .map(line -> line.replace(" limiter ", " page" + prefix + " ")
            .replace("~resilience:*", "~" + prefix + ":*")
            // Older servers do not know it, and the store does not need it.
            .replace(" +client|setinfo", ""))
        .map(line -> List.of(line.split(" ")))
        .orElseThrow();
    change(redis -> redis.dispatch(
        CommandType.ACL,
        new StatusOutput<>(StringCodec.UTF8),
        new CommandArgs<>(StringCodec.UTF8).addValues(rule.subList(1, rule.size()))));
    QuotaStore store = new RedisQuotaStoreProvider()
        .open("redis://page" + prefix + ":secret@127.0.0.1:" + server.port()
            + "?timeoutMillis=10000&prefix=" + prefix);
    opened.push(store);

    assertThat(store.lease(wants(1).build()).granted()).isOne();
  }

  @Test
  @DisplayName("the extremes of a request")
  void lease_extremes_areAnswered() throws Exception {
    QuotaStore store = store();
    QuotaRequest.Builder extreme = wants(Integer.MAX_VALUE)
        .limit(Double.MAX_VALUE)
        .period(Duration.ofNanos(1))
        .burst(Integer.MAX_VALUE)
        .earned(Double.MAX_VALUE)
        .settings("x".repeat(10_000));

    assertThat(store.lease(extreme.build()).granted()).isEqualTo(Integer.MAX_VALUE);
    assertThat(store.lease(extreme.spent(Long.MAX_VALUE).build()).granted()).isZero();
    assertThat(store.lease(extreme.spent(0).build()).granted()).isEqualTo(Integer.MAX_VALUE);
    assertThat(store
            .lease(wants(1)
                .quota("q")
                .limit(1e-300)
                .period(Duration.ofDays(106_751))
                .build())
            .granted())
        .isEqualTo(1);
    assertThat(store.lease(wants(1).settings("y").build()).otherSettings()).hasSize(10_000);
    assertThatThrownBy(() -> store.lease(extreme.settings("x".repeat(10_001)).build()))
        .isInstanceOf(QuotaStoreException.class);
  }

  @Test
  @DisplayName("a wrong password or database is an error that names neither password")
  void open_wrongPassword_saysSo() {
    for (String location : List.of(
        "redis://:secret@127.0.0.1:" + server.port(),
        "redis://me:secret@127.0.0.1:" + server.port(),
        "redis://127.0.0.1:" + server.port(),
        server.location() + "/99")) {
      assertThatThrownBy(() -> new RedisQuotaStoreProvider().open(location))
          .isInstanceOf(QuotaStoreException.class)
          .hasMessageContaining("password")
          .hasMessageNotContaining("secret")
          .hasMessageNotContaining("battery");
    }
  }

  @Test
  @DisplayName("a closed store leases nothing, and closing leaves no thread")
  void close_leavesNoThread() throws Exception {
    QuotaStore store = store();
    store.lease(wants(1).build());
    assertThat(threads()).isPositive();

    store.close();
    store.close();

    Await.until("all threads have ended", () -> threads() == 0);
    assertThatThrownBy(() -> store.lease(wants(1).build()))
        .isInstanceOf(QuotaStoreException.class)
        .hasMessageContaining("closed");
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("resilience-redis"))
        .peek(thread -> assertThat(thread.isDaemon()).isTrue())
        .count();
  }
}
