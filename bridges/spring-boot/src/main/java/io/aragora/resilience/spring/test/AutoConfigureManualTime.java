package io.aragora.resilience.spring.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.context.annotation.Import;

/**
 * Replaces the time of the runtime in a test's application by a {@link io.aragora.resilience.testing.ManualTime}, which is a bean
 * that the test injects. Cooldowns, delays and timeouts then pass when the test calls {@code advance}, and no test sleeps.
 *
 * <p>A blocking wait, such as the delay of a retry, waits for another thread to move the time, unless the test calls {@code
 * autoAdvance(true)}. The time of an application whose {@code Resilience} bean is its own does not change. Tests that share an
 * application share its time.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@Import(ManualTimeConfiguration.class)
public @interface AutoConfigureManualTime {}
