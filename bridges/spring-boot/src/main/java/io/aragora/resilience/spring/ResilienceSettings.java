package io.aragora.resilience.spring;

import io.aragora.resilience.Reconfiguration;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.internal.FailureMessage;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.core.env.Environment;

/**
 * The settings below {@code resilience} in the environment of an application. A bean of this type is in every application, to
 * read them again while it works. Thread-safe.
 */
/*
 * Locking: property sources, beans, listeners of policies and log handlers are code of the application, so no lock is held while
 * the environment is read and the runtime is changed. If two threads do so at once, the older settings may be applied last; so the
 * last of them to end does it once more.
 */
public final class ResilienceSettings {
  private static final SpringLog LOG = SpringLog.of(ResilienceSettings.class);

  private final Environment environment;
  private final @Nullable ClassLoader loader;
  private final ObjectProvider<Resilience> runtime;
  private final Map<String, List<String>> kinds;
  private volatile TranslatedSettings present;
  private volatile boolean isUsed;

  // Guarded by this.
  private int reloading;
  private boolean haveOverlapped;

  /**
   * Reads the settings.
   *
   * @throws ResilienceConfigurationException if a key is unknown
   */
  ResilienceSettings(
      Environment environment, @Nullable ClassLoader loader, ObjectProvider<Resilience> runtime) {
    this.environment = environment;
    this.loader = loader;
    this.runtime = runtime;
    this.kinds = newBuilder().settings();
    this.present = TranslatedSettings.read(environment, kinds, loader);
  }

  private ResilienceBuilder newBuilder() {
    ResilienceBuilder builder = Resilience.builder();
    return loader == null ? builder : builder.classLoader(loader);
  }

  /** Returns a builder that has the settings. */
  ResilienceBuilder builder() {
    isUsed = true;
    ResilienceBuilder builder = newBuilder();
    present.applyTo(builder);
    return builder;
  }

  /**
   * Reads the environment again, and changes the policies whose settings are different now, as {@link
   * Resilience#reconfigure} does. What cannot change while the runtime works is in the result and in the log: pipelines, keyed
   * circuit breakers, chaos, and the settings of the runtime itself.
   *
   * @return which policies were changed
   * @throws ResilienceConfigurationException if a key is unknown, or a value is invalid; nothing is changed then
   */
  public Reconfiguration reload() {
    while (true) {
      boolean isLast;
      Reconfiguration done;
      begin();
      try {
        done = reloadOnce();
      } finally {
        isLast = end();
      }
      if (!isLast) {
        return done;
      }
    }
  }

  private synchronized void begin() {
    haveOverlapped |= reloading > 0;
    reloading++;
  }

  /** Returns whether the caller has to reload once more: it is the last one of several at once. */
  private synchronized boolean end() {
    reloading--;
    boolean isLast = haveOverlapped && reloading == 0;
    if (isLast) {
      haveOverlapped = false;
    }
    return isLast;
  }

  private Reconfiguration reloadOnce() {
    TranslatedSettings now = TranslatedSettings.read(environment, kinds, loader);
    Reconfiguration done = runtime.getObject().reconfigure(now.policies(), now::place);
    List<String> fixed = present.fixedChanges(now);
    present = now;
    if (!done.changed().isEmpty()) {
      LOG.info("The settings of these policies have changed: " + String.join(", ", done.changed()));
    }
    if (!done.kept().isEmpty() || !fixed.isEmpty()) {
      LOG.warn("These settings have changed, and take effect after a restart: "
          + String.join(", ", done.kept())
          + (done.kept().isEmpty() || fixed.isEmpty() ? "" : ", ")
          + String.join(", ", fixed));
    }
    return done;
  }

  /**
   * Reads the environment again. Why that is impossible is only logged, since other listeners have changes of their own to make: an
   * invalid setting, several runtimes, a property source that throws.
   */
  void reloadOrLog() {
    try {
      reload();
    } catch (Throwable e) {
      LOG.error("The settings of policies have not changed: " + FailureMessage.textOf(e), e);
    }
  }

  /** Fails if there are settings and no runtime that has them: the application made its own without the builder. */
  void requireUse(String bean) {
    String place = present.anyPlace();
    if (!isUsed && place != null) {
      throw new ResilienceConfigurationException(place
          + ": the bean '" + bean
          + "' replaces the runtime that has the settings below 'resilience'. Build it with the builder that Spring"
          + " injects, as in @Bean Resilience " + bean
          + "(ResilienceBuilder builder), or remove the settings");
    }
  }
}
