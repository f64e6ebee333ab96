package io.aragora.resilience.core;

import io.aragora.resilience.core.ForeignCodeTest.Thrower;
import java.util.concurrent.CountDownLatch;

/** Code of the application that blocks until the test is over. */
class BlockingCode extends Thrower {
  final CountDownLatch entered = new CountDownLatch(1);
  final CountDownLatch release = new CountDownLatch(1);

  BlockingCode() {
    super(new IllegalStateException("released"));
  }

  @Override
  <T> T go() {
    entered.countDown();
    while (release.getCount() > 0) {
      try {
        release.await();
      } catch (InterruptedException e) {
        // Code that ignores its interrupt.
      }
    }
    return super.go();
  }
}
