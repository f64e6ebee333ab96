package io.aragora.resilience.jmh.benchmark;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a class whose operations take milliseconds. Ten of them are no warm-up, so a run warms up as long as the annotation of the
 * class says, not as long as for other classes.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface LongOperations {}
