package io.aragora.resilience.spring.actuate;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Policies;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSummary;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.spi.Readings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Describes a runtime and its policies as maps. Numbers are what the policies write themselves, so those of every kind are
 * shown. Thread-safe.
 */
final class PolicyReport {
  /** The largest number of policies in one answer. */
  static final int MOST = 200;

  /** The largest number of names in one list, and of keys of one policy. */
  private static final int MOST_NAMES = 20;

  private static final String BREAKER = "circuitbreaker";
  private static final String KEYED_BREAKER = "keyedcircuitbreaker";
  private static final String LIMIT = "concurrencylimit";
  private static final String PIPELINE = "pipeline";
  private static final String STATE = "state";

  private final Resilience resilience;

  PolicyReport(Resilience resilience) {
    this.resilience = resilience;
  }

  Map<String, Object> runtime() {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("runtime", resilience.name());
    answer.put("closed", resilience.isClosed());
    answer.put("health", resilience.health().report().status().text());
    answer.put("chaos", chaos());
    answer.put("state_store", store());
    answer.put("circuit_breakers", breakers());
    Map<String, Integer> counts = new TreeMap<>();
    resilience.policies().read(new Counting(counts));
    counts.put(PIPELINE, resilience.policies().pipelines().size());
    answer.put("policies", counts);
    return answer;
  }

  private Map<String, Object> chaos() {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put(STATE, resilience.chaos().state().name().toLowerCase(Locale.ROOT));
    resilience.chaos().activeUntil().ifPresent(end -> answer.put("active_until", end.toString()));
    return answer;
  }

  /** Neither location nor error: both may reveal facts about the machine. */
  private Map<String, Object> store() {
    StateStoreStatus store = resilience.status().stateStore();
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("configured", !store.location().equals(StateStoreStatus.NONE.location()));
    answer.put("pending", store.pending());
    answer.put("saved", store.saved());
    answer.put("failures", store.failures());
    return answer;
  }

  private Map<String, Object> breakers() {
    CircuitBreakerSummary summary = resilience.policies().circuitBreakerSummary();
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("total", summary.total());
    answer.put("open", bounded(summary.openNames()));
    answer.put("half_open", bounded(summary.halfOpenNames()));
    answer.put("open_count", summary.open());
    answer.put("half_open_count", summary.halfOpen());
    return answer;
  }

  private static List<String> bounded(List<String> names) {
    return names.subList(0, Math.min(MOST_NAMES, names.size()));
  }

  /** Returns the policies of a kind; empty if there is no such kind, or no policy of it. */
  Optional<Map<String, Object>> policies(String kind) {
    List<Map<String, Object>> rows = new ArrayList<>();
    if (kind.equals(PIPELINE)) {
      resilience.policies().pipelines().forEach(pipeline -> rows.add(pipeline(pipeline)));
    } else {
      resilience.policies().read(new Rows(kind, null, rows));
    }
    if (rows.isEmpty()) {
      return Optional.empty();
    }
    Map<String, CircuitBreakerState> states = states(kind);
    rows.forEach(row -> {
      CircuitBreakerState state = states.get(name(row));
      if (state != null) {
        row.put(STATE, state.text());
      }
    });
    rows.sort(Comparator.comparing((Map<String, Object> row) -> !isImpaired(states.get(name(row))))
        .thenComparing(PolicyReport::name));
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("kind", kind);
    answer.put("count", rows.size());
    answer.put("left_out", Math.max(0, rows.size() - MOST));
    answer.put("policies", List.copyOf(rows.subList(0, Math.min(MOST, rows.size()))));
    return Optional.of(answer);
  }

  private Map<String, CircuitBreakerState> states(String kind) {
    Map<String, CircuitBreakerState> states = new LinkedHashMap<>();
    if (kind.equals(BREAKER)) {
      resilience
          .policies()
          .circuitBreakers()
          .forEach(breaker -> states.put(breaker.name(), breaker.state()));
    }
    return states;
  }

  private static boolean isImpaired(@Nullable CircuitBreakerState state) {
    return state == CircuitBreakerState.OPEN
        || state == CircuitBreakerState.HALF_OPEN
        || state == CircuitBreakerState.FORCED_OPEN;
  }

  /** Returns one policy; empty if there is none. Creates none. */
  Optional<Map<String, Object>> policy(String kind, String name, @Nullable String key) {
    if (key != null) {
      return kind.equals(KEYED_BREAKER) ? key(name, key) : Optional.empty();
    }
    List<Map<String, Object>> rows = new ArrayList<>(1);
    if (kind.equals(PIPELINE)) {
      named(resilience.policies().pipelines(), name)
          .ifPresent(pipeline -> rows.add(pipeline(pipeline)));
    } else {
      resilience.policies().read(new Rows(kind, name, rows));
    }
    if (rows.isEmpty()) {
      return Optional.empty();
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("kind", kind);
    answer.putAll(rows.get(0));
    addDetails(kind, name, answer);
    return Optional.of(answer);
  }

  private void addDetails(String kind, String name, Map<String, Object> answer) {
    Policies policies = resilience.policies();
    if (kind.equals(BREAKER)) {
      named(policies.circuitBreakers(), name).ifPresent(breaker -> addBreaker(breaker, answer));
    } else if (kind.equals(KEYED_BREAKER)) {
      policies.keyedCircuitBreakers().stream()
          .filter(keyed -> keyed.name().equals(name))
          .forEach(keyed -> addKeyed(keyed, answer));
    } else if (kind.equals(LIMIT)) {
      named(policies.concurrencyLimits(), name)
          .map(ConcurrencyLimit::explain)
          .ifPresent(explanation -> answer.put("explanation", explanation.toString()));
    }
    settings(kind, name).ifPresent(settings -> answer.put("settings", settings));
  }

  private static void addBreaker(CircuitBreaker breaker, Map<String, Object> answer) {
    answer.put("explanation", breaker.explain().toString());
    answer.put("snapshot", breaker.snapshot().toMap());
  }

  private static void addKeyed(KeyedCircuitBreaker keyed, Map<String, Object> answer) {
    Map<String, Object> impaired = new LinkedHashMap<>();
    keyed.impairedKeys(MOST_NAMES).forEach((key, state) -> impaired.put(key, state.text()));
    answer.put("impaired_keys", impaired);
  }

  private Optional<Map<String, Object>> key(String name, String key) {
    return resilience.policies().keyedCircuitBreakers().stream()
        .filter(keyed -> keyed.name().equals(name))
        .flatMap(keyed -> keyed.find(key).stream())
        .findFirst()
        .map(breaker -> {
          Map<String, Object> answer = new LinkedHashMap<>();
          answer.put("kind", KEYED_BREAKER);
          answer.put("name", name);
          answer.put("key", key);
          answer.put(STATE, breaker.state().text());
          addBreaker(breaker, answer);
          return answer;
        });
  }

  private Optional<String> settings(String kind, String name) {
    Policies policies = resilience.policies();
    Stream<? extends Object> configs = switch (kind) {
      case BREAKER -> named(policies.circuitBreakers(), name).map(CircuitBreaker::config).stream();
      case "retry" -> named(policies.retries(), name).map(each -> each.config()).stream();
      case "timeout" -> named(policies.timeouts(), name).map(each -> each.config()).stream();
      case "bulkhead" -> named(policies.bulkheads(), name).map(each -> each.config()).stream();
      case LIMIT -> named(policies.concurrencyLimits(), name).map(each -> each.config()).stream();
      case "ratelimiter" ->
        named(policies.rateLimiters(), name).map(each -> each.config()).stream();
      case "hedge" -> named(policies.hedges(), name).map(each -> each.config()).stream();
      case "chaos" -> named(policies.chaos(), name).map(each -> each.config()).stream();
      default -> Stream.empty();
    };
    return configs.map(Object::toString).findFirst();
  }

  private static <P extends Policy> Optional<P> named(Iterable<P> policies, String name) {
    for (P policy : policies) {
      if (policy.name().equals(name)) {
        return Optional.of(policy);
      }
    }
    return Optional.empty();
  }

  private static Map<String, Object> pipeline(Pipeline pipeline) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("name", pipeline.name());
    row.put("policies", pipeline.policies().stream().map(Policy::toString).toList());
    row.put("warnings", pipeline.warnings());
    return row;
  }

  private static String name(Map<String, Object> row) {
    return String.valueOf(row.get("name"));
  }

  /** Counts the policies of each kind. */
  private record Counting(Map<String, Integer> counts) implements Readings {
    @Override
    public void policy(String kind, String name) {
      counts.merge(kind, 1, Integer::sum);
    }

    @Override
    public void count(String what, String outcome, long value) {}

    @Override
    public void level(String what, double value) {}
  }

  /** Gathers the numbers of the policies of one kind. */
  private static final class Rows implements Readings {
    private final String wanted;
    private final @Nullable String only;
    private final List<Map<String, Object>> rows;
    private Map<String, Object> counts = new LinkedHashMap<>();
    private Map<String, Object> levels = new LinkedHashMap<>();

    Rows(String wanted, @Nullable String only, List<Map<String, Object>> rows) {
      this.wanted = wanted;
      this.only = only;
      this.rows = rows;
    }

    @Override
    public boolean wants(String kind) {
      return kind.equals(wanted);
    }

    @Override
    public void policy(String kind, String name) {
      counts = new LinkedHashMap<>();
      levels = new LinkedHashMap<>();
      if (only == null || only.equals(name)) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", name);
        row.put("counts", counts);
        row.put("levels", levels);
        rows.add(row);
      }
    }

    @Override
    public void count(String what, String outcome, long value) {
      counts.put(outcome.equals(NONE) ? what : what + "." + outcome, value);
    }

    @Override
    public void level(String what, double value) {
      if (!Double.isNaN(value)) {
        levels.put(what, value);
      }
    }
  }
}
