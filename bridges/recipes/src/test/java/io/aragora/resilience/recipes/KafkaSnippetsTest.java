package io.aragora.resilience.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KafkaSnippetsTest {
  interface Handler {
    void handle(ConsumerRecord<String, String> record) throws IOException;
  }

  // readme: recipe kafka
  /** Of a consumer with {@code enable.auto.commit=false}. */
  record ProtectedPoll(Consumer<String, String> consumer, CircuitBreaker breaker, Handler handler) {
    /** Called in a loop, also while the breaker is open: a consumer that does not poll loses its partitions. */
    void poll() {
      if (breaker.isAvailable()) {
        consumer.resume(consumer.paused());
      }
      ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(100));
      for (TopicPartition partition : records.partitions()) {
        for (ConsumerRecord<String, String> record : records.records(partition)) {
          if (!isHandled(record)) {
            consumer.seek(partition, record.offset()); // it comes again, and all behind it
            break;
          }
        }
      }
      if (!breaker.isAvailable()) {
        consumer.pause(consumer.assignment());
      }
      try {
        consumer.commitSync(); // the positions, which is before the first that was not handled
      } catch (CommitFailedException | RebalanceInProgressException e) {
        // the group has moved partitions: their records come again, and the next poll joins the
        // group
      }
    }

    private boolean isHandled(ConsumerRecord<String, String> record) {
      try {
        breaker.run(() -> handler.handle(record));
        return true;
      } catch (Exception e) { // any: a record whose exception leaves this method would be skipped
        return false;
      }
    }
  }

  // end

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final TopicPartition partition = new TopicPartition("orders", 0);
  private @Nullable RuntimeException commitFailure;

  private final MockConsumer<String, String> consumer = new MockConsumer<>("earliest") {
    @Override
    public synchronized void commitSync() {
      if (commitFailure != null) {
        throw commitFailure;
      }
      super.commitSync();
    }
  };
  private final List<String> handled = new ArrayList<>();
  private @Nullable Exception failure;

  private final CircuitBreaker breaker =
      resilience.circuitBreaker("orders", c -> c.failureThreshold(2).successThreshold(1));

  private final ProtectedPoll poll = new ProtectedPoll(consumer, breaker, record -> {
    if (failure instanceof IOException e) {
      throw e;
    }
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    handled.add(record.value());
  });

  @AfterEach
  void close() {
    consumer.close();
    resilience.close();
  }

  private void add(int offset) {
    consumer.addRecord(new ConsumerRecord<>("orders", 0, offset, "key", "order " + offset));
  }

  @Test
  void partitions_pauseWhileTheBreakerIsOpen_andGoOnAfterwards() {
    consumer.assign(Set.of(partition));
    consumer.updateBeginningOffsets(Map.of(partition, 0L));
    add(0);
    poll.poll();
    failure = new IOException("down");
    add(1);
    add(2);
    poll.poll();
    assertThat(consumer.paused()).isEmpty();
    add(1); // the mock forgets what it has delivered
    add(2);
    poll.poll();

    assertThat(consumer.paused()).containsExactly(partition);
    assertThat(consumer.position(partition)).isEqualTo(1);
    assertThat(consumer.committed(Set.of(partition)).get(partition).offset()).isEqualTo(1);

    failure = null;
    poll.poll();
    assertThat(handled).containsExactly("order 0");
    add(1);
    add(2);
    time.advance(Duration.ofSeconds(61));
    poll.poll();

    assertThat(handled).containsExactly("order 0", "order 1", "order 2");
    assertThat(consumer.paused()).isEmpty();
  }

  @Test
  void handler_thatThrowsAnUncheckedException_losesNoRecord() {
    consumer.assign(Set.of(partition));
    consumer.updateBeginningOffsets(Map.of(partition, 0L));
    failure = new IllegalStateException("a defect of the handler");
    add(0);
    add(1);
    poll.poll();

    assertThat(consumer.position(partition)).isZero();
    assertThat(consumer.committed(Set.of(partition)).get(partition).offset()).isZero();

    failure = null;
    add(0);
    add(1);
    poll.poll();

    assertThat(handled).containsExactly("order 0", "order 1");
  }

  @Test
  void commit_duringARebalance_isMadeByALaterPoll() {
    consumer.assign(Set.of(partition));
    consumer.updateBeginningOffsets(Map.of(partition, 0L));
    for (RuntimeException rebalance :
        List.of(new CommitFailedException(), new RebalanceInProgressException())) {
      commitFailure = rebalance;
      add(handled.size());
      poll.poll();
    }
    commitFailure = null;
    poll.poll();

    assertThat(handled).containsExactly("order 0", "order 1");
    assertThat(consumer.committed(Set.of(partition)).get(partition).offset()).isEqualTo(2);
  }
}
