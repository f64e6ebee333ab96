package io.aragora.resilience.core.quota;

import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.WhenAlone;
import io.aragora.resilience.time.TimeSource;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The permits of a shared limit that this instance holds. Taking permits is lock-free and never waits for the store. Source of the
 * idea: the rate limit quota service of Envoy, which assigns rates that expire.
 */
public final class LeasedPermits {
  /*
   * Layout: LEFT is the number of permits that are left of the lease, in a padded word. endsAt is the end of the lease; after it,
   * what is left is void. Calls lower LEFT by one CAS. Only the thread that leases raises it.
   *
   * A new lease writes LEFT before endsAt. While the old lease holds, it adds; a call may then use new permits under the old end.
   * After the old end it sets LEFT, which no call uses until it sees the new end. A call that read LEFT before and endsAt after takes
   * by a CAS of what it read: if that succeeds, LEFT is the new number, and the call takes one of the new permits. So no permit is
   * taken twice, and none after its end by a call that began after it. Stress: LeasedPermitsStress.TakeAgainstLease,
   * TakeAgainstNextLease.
   *
   * Asking: askedAt is the time of the request that was not answered yet. One CAS from NOT_ASKED decides which call hands the request
   * over, once for each lease. Stress: LeasedPermitsStress.OneCallAsks.
   *
   * Credit: a call that finds no lease, because none was needed for a while, is admitted, and its permits are reported as spent by the
   * request that it hands over. There is no other such call until that is answered, or while the store says that the quota is used up.
   * So an instance that is used now and then rejects no call, and holds nothing in between. Before the first answer of all there is one
   * such call, too.
   *
   * Return: what is left at the end of a lease goes back with the next request. It was not used, so the bound of the fleet holds: what
   * is admitted in a time is at most what instances held at its beginning and what they were granted in it, less what went back.
   *
   * Alone: a call that finds a request unanswered for the length of a lease switches, under the monitor, as an answer does. No thread
   * has to notice that the store hangs. The call may hold the lock of a queue, so what it says is never said on its thread.
   *
   * Memory order: the fields are volatile; calls read LEFT, endsAt and isAlone, which the thread that leases writes a few times a second.
   */

  /** The outcome of {@link #take}: the permits were there. */
  public static final int TAKEN = 1;

  /** The outcome of {@link #take}: there are not enough permits. */
  public static final int NONE = 0;

  /** The outcome of {@link #take}: the instance is alone, and decides by itself. */
  public static final int ALONE = -1;

  /** The time after which an instance that is alone asks again. */
  public static final long TRY_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How often that time doubles, up to 32 s, if a quota fails alone: its row stays locked, for instance. */
  private static final int MOST_DOUBLINGS = 5;

  /** The length of a lease, and the longest time for which a request may be unanswered. */
  static final long LEASE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How often an instance without need says that it lives: a third of the time for which the store believes it. */
  static final long HEARTBEAT_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** The time after which an instance of other settings asks again. */
  private static final long OTHER_SETTINGS_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** The time between two requests while the quota has less than what is wanted: each instance asks ten times a second at most. */
  private static final long SCARCE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final long PLENTY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** A lease is to last so long at the use of the instance. */
  private static final double LEASED_SECONDS = 0.25;

  /** The first lease is the share of the instance for so long. */
  private static final double FIRST_SECONDS = 0.1;

  private static final long LEAST_ANSWER_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final double NANOS_PER_SECOND = 1e9;
  private static final long NOT_ASKED = Long.MIN_VALUE;

  private static final GuardedLog LOG = GuardedLog.of(LeasedPermits.class);
  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle ASKED_AT = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "askedAt", VarHandle.class, LeasedPermits.class, long.class);
  private static final VarHandle SPENT = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "spent", VarHandle.class, LeasedPermits.class, long.class);
  private static final VarHandle HAS_BEGUN = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "hasBegun", VarHandle.class, LeasedPermits.class, boolean.class);
  private static final int LEFT = 16;
  private static final int EARNED = 32;
  private static final int LENGTH = 49;

  /** Earned permits are counted in thousandths. */
  private static final double ONE = 1000;

  private final long[] words = new long[LENGTH];
  private final Quotas quotas;
  private final Owner owner;
  private final Runnable exchange;
  private final Quotas.Wakening wakening;
  private volatile QuotaRule rule;
  private volatile long endsAt;
  private volatile long renewAt;
  private volatile boolean isAlone;
  private volatile long askedAt = NOT_ASKED;
  private volatile long nextAskAt;

  /** The time before which the quota has no permit, as far as the store knows. */
  private volatile long creditAt;

  private volatile int instances;

  /** The permits that were taken on credit and that the store does not know of. Changed by its handle. */
  @SuppressWarnings("unused") // written and read through its handle
  private volatile long spent;

  /** Whether a call was admitted before the first answer of the store. Changed by its handle. */
  @SuppressWarnings("unused") // written and read through its handle
  private volatile boolean hasBegun;

  /** The most permits that a call has lacked since the last request. A lost write costs one more request. */
  private volatile int lacked;

  /** The time that the store took to answer. */
  private volatile long answerNanos = LEAST_ANSWER_NANOS;

  /** Consecutive failures of this quota alone. Used by the thread that leases. */
  private int ownFailures;

  // Guarded by the monitor.

  private long leasedAt;
  private long leased;
  private double target;

  /** Permits of a lease that came too late to be used, which go back with the next request. */
  private long unused;

  /** The value of askedAt that the present request answers. */
  private long answering = NOT_ASKED;

  /** The limit that these permits belong to. Its methods run no foreign code. */
  public interface Owner {
    /** {@return the limit in messages, such as {@code rate limiter 'github'}} */
    @Override
    String toString();

    /**
     * Sets what the instance takes by itself. Called before it does, and again if that changes meanwhile.
     *
     * @param rule the settings
     * @param instances the number of instances whose share to take; 1 for the whole limit
     * @param isAlone whether the instance has decided by itself before
     */
    void takeAlone(QuotaRule rule, int instances, boolean isAlone);

    /** Called after the instance has begun to decide by itself. */
    void onAlone();

    /** Called after the instance got an answer when it was alone. */
    void onRejoined();

    /** Called after each lease, so that waiting calls try again. */
    void onLease();
  }

  /**
   * Creates permits without a lease.
   *
   * @param rule the settings
   * @param quotas leases
   * @param owner the limit
   */
  public LeasedPermits(QuotaRule rule, Quotas quotas, Owner owner) {
    this.rule = rule;
    this.quotas = quotas;
    this.owner = owner;
    this.exchange = new Runnable() {
      @Override
      public void run() {
        quotas.exchange(LeasedPermits.this);
      }
    };
    this.wakening = new Quotas.Wakening(quotas, this);
    long now = quotas.time().nanoTime();
    endsAt = now;
    nextAskAt = now;
    creditAt = now;
    leasedAt = now;
  }

  Runnable exchange() {
    return exchange;
  }

  Quotas.Wakening wakening() {
    return wakening;
  }

  /** {@return whether the instance decides by itself} */
  public boolean isAlone() {
    return isAlone;
  }

  /** {@return the number of instances that the store reported last; 0 if it never did} */
  public int instances() {
    return instances;
  }

  /** {@return the settings} */
  public QuotaRule rule() {
    return rule;
  }

  /**
   * Asks for a first lease, so that the first call finds one.
   */
  public void begin() {
    ask(quotas.time().nanoTime());
  }

  /**
   * Changes the settings. The lease goes on.
   *
   * @param next the new settings of the same quota
   */
  public synchronized void change(QuotaRule next) {
    rule = next;
    lower(next.largestLease());
    if (isAlone) {
      owner.takeAlone(next, sharers(next), true);
    }
  }

  /** Returns by how many instances to divide the limit while this one is alone. */
  private int sharers(QuotaRule present) {
    return present.whenAlone() == WhenAlone.LOCAL ? 1 : known(present);
  }

  private int known(QuotaRule present) {
    return instances == 0 ? present.assumedInstances() : instances;
  }

  /**
   * Takes permits.
   *
   * @param permits the number of permits, at least 1, at most the burst
   * @param time the clock
   * @return {@link #TAKEN}, {@link #NONE} or {@link #ALONE}
   */
  public int take(int permits, TimeSource time) {
    while (!isAlone) {
      long left = (long) WORDS.getVolatile(words, LEFT);
      long now = time.nanoTime();
      if (left < permits || now - endsAt >= 0) {
        return takeWithoutLease(permits, now);
      }
      if (WORDS.compareAndSet(words, LEFT, left, left - permits)) {
        if (left - permits <= renewAt) {
          ask(now);
        }
        return TAKEN;
      }
    }
    ask(time.nanoTime());
    return ALONE;
  }

  private void ask(long now) {
    if (askedAt == NOT_ASKED
        && now - nextAskAt >= 0
        && ASKED_AT.compareAndSet(this, NOT_ASKED, now)) {
      quotas.askByCall(this);
    }
  }

  private int takeWithoutLease(int permits, long now) {
    long asked = askedAt;
    if (asked == NOT_ASKED) {
      if (now - nextAskAt >= 0 && ASKED_AT.compareAndSet(this, NOT_ASKED, now)) {
        boolean isOnCredit = instances == 0 ? isFirstCall() : now - creditAt >= 0;
        if (isOnCredit) {
          SPENT.getAndAdd(this, (long) permits);
        }
        lacked = Math.max(lacked, permits);
        quotas.askByCall(this);
        return isOnCredit ? TAKEN : NONE;
      }
    } else if (now - asked >= LEASE_NANOS) {
      goAlone(asked);
      return isAlone ? ALONE : NONE;
    } else if (instances == 0 && isFirstCall()) {
      // It comes before the first answer, and is admitted as a call that finds no lease later.
      SPENT.getAndAdd(this, (long) permits);
      return TAKEN;
    }
    if (permits > lacked) {
      lacked = permits;
    }
    return NONE;
  }

  private boolean isFirstCall() {
    return HAS_BEGUN.compareAndSet(this, false, true);
  }

  private void goAlone(long asked) {
    Runnable report;
    synchronized (this) {
      report = askedAt == asked && !isAlone
          ? goAlone("the quota store " + quotas.location() + " does not answer")
          : null;
    }
    if (report != null) {
      quotas.tellApart(report);
    }
  }

  private static void run(@Nullable Runnable report) {
    if (report != null) {
      report.run();
    }
  }

  /** Holds the monitor. Returns the report, which calls foreign code and so must run without the monitor. */
  private Runnable goAlone(String why) {
    QuotaRule present = rule;
    boolean isFirst = instances == 0;
    int known = known(present);
    owner.takeAlone(present, sharers(present), false);
    leased = 0;
    WORDS.setVolatile(words, LEFT, 0L);
    isAlone = true;
    String taken = switch (present.whenAlone()) {
      case SHARE -> "it takes a share of 1 / " + known;
      case REJECT -> "it rejects every call (whenAlone)";
      case LOCAL -> "it takes the whole limit (whenAlone)";
    };
    Runnable line = new Runnable() {
      @Override
      public void run() {
        LOG.log(
            // The first connection of a process may take longer than a lease, and is no trouble.
            isFirst ? System.Logger.Level.INFO : System.Logger.Level.WARNING,
            "{0} is alone: {1}; until it can lease permits, {2}",
            owner,
            why,
            taken);
      }
    };
    return new Runnable() {
      @Override
      public void run() {
        // After closing, every limit is alone, and both would run on the thread of a call.
        if (!quotas.isClosed()) {
          owner.onAlone();
          quotas.tell(line);
        }
      }
    };
  }

  /**
   * Returns the time at which permits may be there, if other instances leave them.
   *
   * @param time the clock
   * @param from the earliest time
   * @param permits the number of permits
   * @return a time of the clock, not in the past
   */
  public long readyAt(TimeSource time, long from, long permits) {
    long left = (long) WORDS.getVolatile(words, LEFT);
    long now = time.nanoTime();
    long held = now - endsAt < 0 ? left : 0;
    long earliest = Math.max(now, from);
    if (held >= permits) {
      return earliest;
    }
    long asked = askedAt;
    long answer;
    if (asked == NOT_ASKED) {
      answer = Math.max(now, Math.max(nextAskAt, creditAt));
    } else {
      long expected = asked + answerNanos;
      long soon = Math.max(PLENTY_NANOS, answerNanos);
      // The lease wakes the calls that wait for it. If it is overdue, they look now and then, until
      // they are alone.
      answer =
          expected - now > 0 ? expected : Math.max(now, Math.min(now + soon, asked + LEASE_NANOS));
    }
    return Math.max(earliest, Nanos.after(answer, rule.nanosFor((double) (permits - held - 1))));
  }

  /**
   * Returns how many permits are left of the lease.
   *
   * @param time the clock
   * @return the number of permits
   */
  public long available(TimeSource time) {
    long left = (long) WORDS.getVolatile(words, LEFT);
    return time.nanoTime() - endsAt < 0 ? left : 0;
  }

  /**
   * Lowers the number of permits that are left.
   *
   * @param permits the largest number
   */
  public void lower(long permits) {
    long left = (long) WORDS.getVolatile(words, LEFT);
    while (left > permits && !WORDS.compareAndSet(words, LEFT, left, permits)) {
      left = (long) WORDS.getVolatile(words, LEFT);
    }
  }

  /**
   * Adds what a call has earned for the quota, which the next request hands in. Does not write if the quota would be full by it.
   *
   * @param thousandths of permits
   */
  public void earn(long thousandths) {
    long full = (long) (rule.burst() * ONE);
    long present = (long) WORDS.getOpaque(words, EARNED);
    while (present < full) {
      long seen = (long)
          WORDS.compareAndExchange(words, EARNED, present, Math.min(full, present + thousandths));
      if (seen == present) {
        return;
      }
      present = seen;
    }
  }

  /** Lets the next call ask, because the present request is not under way and nothing makes another. */
  void letCallsAsk() {
    askedAt = NOT_ASKED;
  }

  /** Called on the thread that leases. */
  synchronized QuotaRequest request(UUID instance, long now) {
    QuotaRule present = rule;
    answering = askedAt;
    long returned = 0;
    long left = (long) WORDS.getVolatile(words, LEFT);
    if (now - endsAt >= 0) {
      returned = Math.max(0, (long) WORDS.getAndSet(words, LEFT, 0L));
      left = 0;
    }
    returned += unused;
    unused = 0;
    long onCredit = (long) SPENT.getAndSet(this, 0L);
    double earned = (long) WORDS.getAndSet(words, EARNED, 0L) / ONE;
    return QuotaRequest.builder()
        .quota(present.quota())
        .settings(present.settings())
        .instance(instance)
        .limit(present.limit())
        .period(present.period())
        .burst(present.burst())
        .startsFull(present.startsFull())
        .wanted(wanted(present, now, left + returned, left, onCredit))
        .earned(earned + returned)
        .spent(onCredit)
        .build();
  }

  /** Returns how many permits to ask for. */
  private int wanted(QuotaRule present, long now, long unused, long held, long onCredit) {
    long asked = answering;
    if (asked == NOT_ASKED && !isAlone) {
      return 0;
    }
    long until = asked == NOT_ASKED ? now : asked;
    double seconds = Math.max(1_000_000, until - leasedAt) / NANOS_PER_SECOND;
    double used = Math.max(0, leased - unused) + onCredit;
    double needed = used / seconds * LEASED_SECONDS;
    if (held == 0 && unused == 0 && leased > 0) {
      needed = Math.max(needed, 2 * target);
    }
    if (leased == 0) {
      needed =
          Math.max(needed, present.permitsPerSecond() * FIRST_SECONDS / Math.max(1, instances));
    }
    target = Math.max(1, Math.min(present.largestLease(), Math.ceil(needed)));
    int call = lacked;
    lacked = 0;
    long all = Math.max((long) target, Math.min(present.burst(), call));
    return (int) Math.max(0, all - held);
  }

  /** Called on the thread that leases. Returns the nanoseconds until the next request, unless a call asks before. */
  long failed(QuotaRequest request, String why, long now) {
    // The store may have counted them. If so, they count twice.
    SPENT.getAndAdd(this, request.spent());
    Runnable report;
    synchronized (this) {
      report = unanswered("gave no lease: " + why, now);
    }
    run(report);
    return TRY_AGAIN_NANOS;
  }

  /**
   * Called as {@link #failed}, if only this quota failed. Each try of a locked row keeps the other limits waiting, so tries become rarer.
   */
  long failedByItself(QuotaRequest request, String why, long now) {
    long next = failed(request, why, now) << Math.min(ownFailures, MOST_DOUBLINGS);
    ownFailures++;
    return next;
  }

  /** Holds the monitor. Returns what {@link #goAlone} does; null if the instance does not begin to be alone. */
  private @Nullable Runnable unanswered(String why, long now) {
    if (askedAt == NOT_ASKED) {
      askedAt = now;
    }
    return now - askedAt >= LEASE_NANOS && !isAlone
        ? goAlone("the quota store " + quotas.location() + " " + why)
        : null;
  }

  /** Called on the thread that leases. Returns the nanoseconds until the next request, unless a call asks before. */
  long answered(QuotaRequest request, QuotaLease lease, long sentAt, long now) {
    ownFailures = 0;
    boolean rejoined = false;
    Runnable report = null;
    long next = 0;
    synchronized (this) {
      instances = Math.max(1, lease.instances());
      String other = lease.otherSettings();
      int granted = Math.max(0, Math.min(lease.granted(), request.wanted()));
      if (other != null) {
        // The store has counted nothing.
        SPENT.getAndAdd(this, request.spent());
        report = meetOther(other, now);
        next = OTHER_SETTINGS_NANOS;
      } else if (now - sentAt >= LEASE_NANOS) {
        // The lease is over. The connection may have taken the time: the next answer will tell.
        unused = granted;
        report = unanswered("did not answer in time", now);
        next = PLENTY_NANOS;
      } else {
        rejoined = isAlone;
        install(granted, sentAt, now);
        answerNanos = Math.max(LEAST_ANSWER_NANOS, now - sentAt);
        pause(request, lease, now);
        isAlone = false;
        answeredAsk();
      }
    }
    run(report);
    if (next != 0) {
      return next;
    }
    if (rejoined) {
      owner.onRejoined();
    }
    owner.onLease();
    return leased > 0 ? LEASE_NANOS : HEARTBEAT_NANOS;
  }

  /** A call may have asked after the request was made; then its own request follows. */
  private void answeredAsk() {
    ASKED_AT.compareAndSet(this, answering, NOT_ASKED);
  }

  private void install(int granted, long sentAt, long now) {
    long left;
    if (now - endsAt < 0) {
      left = (long) WORDS.getAndAdd(words, LEFT, (long) granted) + granted;
    } else {
      left = granted;
      WORDS.setVolatile(words, LEFT, left);
    }
    leased = left;
    leasedAt = now;
    renewAt = left / 3;
    endsAt = sentAt + LEASE_NANOS;
  }

  private void pause(QuotaRequest request, QuotaLease lease, long now) {
    boolean isScarce = request.wanted() > lease.granted();
    double lacking = 1 - lease.left();
    // Also after a request for nothing: a quota that is used up lends to no call.
    long enough = rule.nanosFor(Double.isNaN(lacking) ? 1 : lacking);
    creditAt = Nanos.after(now, enough);
    nextAskAt = Nanos.after(
        now, isScarce ? Math.max(SCARCE_NANOS, Math.min(enough, TRY_AGAIN_NANOS)) : PLENTY_NANOS);
  }

  /** Holds the monitor. Returns as {@link #unanswered} does. */
  private @Nullable Runnable meetOther(String other, long now) {
    nextAskAt = Nanos.after(now, OTHER_SETTINGS_NANOS);
    creditAt = nextAskAt;
    Runnable report = null;
    if (isAlone) {
      owner.takeAlone(rule, sharers(rule), true);
    } else {
      report = goAlone("the quota store " + quotas.location()
          + " has its quota with other settings (" + other + " instead of " + rule.settings()
          + "), which are in use");
    }
    answeredAsk();
    return report;
  }
}
