package io.aragora.resilience.core.coalescing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class FlightTest {
  private static final class Seat extends Caller<String, String> {
    @Override
    void wake() {}

    @Override
    Thread runner() {
      return null;
    }
  }

  private final Seat leader = new Seat();
  private final Seat other = new Seat();
  private final Flight<String, String> flight =
      new Flight<>(new FlightKey<>("apples"), leader, 0, 100);

  FlightTest() {
    leader.board(flight, Caller.State.LEADING);
  }

  @Test
  @Tag("xet-449")
  void callThatComesWhileTheLeaderEnds_isToldSo_insteadOfWaiting() {
    assertThat(flight.land(leader, "1.20", null)).isTrue();
    assertThat(flight.join(other, 1)).isEqualTo(Flight.Boarding.CLOSED);
    assertThat(flight.joined()).isNull();
    assertThat(other.isWaiting()).isFalse();
  }

  @Test
  @Tag("xet-449")
  void callThatLeavesBetweenTheEndAndItsNotice_hasTheOutcome() {
    assertThat(flight.join(other, 1)).isEqualTo(Flight.Boarding.JOINED);
    assertThat(flight.land(leader, "1.20", null)).isTrue();
    assertThat(flight.leave(other)).isFalse();
    assertThat(other.state()).isEqualTo(Caller.State.ENDED);
    assertThat(flight.joined()).isSameAs(other);
    assertThat(flight.value()).isEqualTo("1.20");
  }

  @Test
  @Tag("CA-06")
  void leaderThatHasLeft_decidesNothingMore() {
    flight.join(other, 1);
    assertThat(flight.handOver(leader)).isSameAs(other);
    assertThat(flight.land(leader, "late", null)).isFalse();
    assertThat(flight.handOver(leader)).isNull();
    assertThat(flight.entered(leader)).isNull();
    assertThat(flight.isOver()).isFalse();
    assertThat(flight.land(other, "1.20", null)).isTrue();
  }

  @Test
  @Tag("CA-10")
  void threadIsInsideABody_untilTheLastOfItsAttemptsThereEnds() {
    Flight.Run start = flight.entered(leader);
    Flight.Run first = flight.entered(leader);
    Flight.Run second = flight.entered(leader);
    flight.left(first);
    flight.left(first);
    flight.left(second);
    assertThat(flight.join(other, 1)).isEqualTo(Flight.Boarding.ITSELF);
    flight.left(start);
    assertThat(flight.join(other, 1)).isEqualTo(Flight.Boarding.JOINED);
  }

  @Test
  @Tag("CA-10")
  void attemptOfACallThatHasLeft_mayJoinTheOneThatLeadsNow() {
    flight.join(other, 1);
    Flight.Run run = flight.entered(leader);
    flight.handOver(leader);
    assertThat(flight.join(new Seat(), 1)).isEqualTo(Flight.Boarding.JOINED);
    flight.left(run);
    assertThat(flight.entered(leader)).isNull();
  }

  @Test
  @Tag("CA-07")
  void callsThatLeaveFromTheMiddle_keepTheOrderOfTheOthers() {
    Seat[] seats = new Seat[5];
    for (int i = 0; i < seats.length; i++) {
      seats[i] = new Seat();
      flight.join(seats[i], 1);
    }
    assertThat(flight.leave(seats[2])).isTrue();
    assertThat(flight.leave(seats[0])).isTrue();
    assertThat(flight.leave(seats[4])).isTrue();
    assertThat(flight.leave(seats[4])).isFalse();
    assertThat(flight.handOver(leader)).isSameAs(seats[1]);
    assertThat(flight.handOver(seats[1])).isSameAs(seats[3]);
    assertThat(flight.handOver(seats[3])).isNull();
    assertThat(flight.isOver()).isTrue();
  }
}
