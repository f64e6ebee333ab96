package io.aragora.resilience.core.admission;

import io.aragora.resilience.core.call.WaitingThreads;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.time.TimeSource;

/**
 * The parts of a runtime that policies of admission share.
 *
 * @param time the precise clock
 * @param clock a cheaper clock that is a little behind
 * @param timer ends the waits of futures
 * @param dispatcher starts the bodies of futures that waited, and delivers events
 * @param waiting the threads that wait in this runtime
 */
public record AdmissionRuntime(
    TimeSource time,
    CoarseClock clock,
    Timer timer,
    Dispatcher dispatcher,
    WaitingThreads waiting) {}
