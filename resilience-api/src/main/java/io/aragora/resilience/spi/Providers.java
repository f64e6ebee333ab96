package io.aragora.resilience.spi;

import io.aragora.resilience.ResilienceConfigurationException;
import io.aragora.resilience.internal.GuardedLog;
import java.io.IOException;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds plug-ins: in the builder's layer and class loader, then the thread's context loader, then where the api itself
 * comes from. One class counts once. A provider that cannot be loaded is logged and left out by itself. For the services of
 * this package, which the api declares to use.
 */
public final class Providers {
  private static final GuardedLog LOG = GuardedLog.of(Providers.class);

  /** Where broken entries end, should an iterator fail at every step. */
  private static final int MAX_ERRORS = 100;

  private final @Nullable ModuleLayer layer;
  private final @Nullable ClassLoader loader;

  /**
   * Looks in these places first.
   *
   * @param layer a layer; null for none
   * @param loader a class loader; null for none
   */
  public Providers(@Nullable ModuleLayer layer, @Nullable ClassLoader loader) {
    this.layer = layer;
    this.loader = loader;
  }

  /**
   * Looks where a thread finds plug-ins.
   *
   * @return what looks in the thread's context loader, then where the api comes from
   */
  public static Providers ofThread() {
    return new Providers(null, null);
  }

  /**
   * Finds the providers of a service.
   *
   * @param service an interface of this package
   * @param <S> the interface
   * @return one of each class, in the order of the places
   */
  public <S> List<S> all(Class<S> service) {
    List<S> found = new ArrayList<>();
    if (layer != null) {
      collect(ServiceLoader.load(layer, service), found);
    }
    if (loader != null) {
      collect(ServiceLoader.load(service, loader), found);
    }
    collect(ServiceLoader.load(service), found);
    ModuleLayer own = Providers.class.getModule().getLayer();
    if (own != null) {
      collect(ServiceLoader.load(own, service), found);
    }
    collect(ServiceLoader.load(service, Providers.class.getClassLoader()), found);
    return found;
  }

  /**
   * Finds what opens a state store.
   *
   * @param location a scheme, a colon, and what the store makes of the rest
   * @return the provider of that scheme
   * @throws ResilienceConfigurationException if there is none; names the artifact to add
   * @throws IllegalArgumentException if there is no scheme
   */
  public StateStoreProvider stateStore(String location) {
    String scheme = scheme(location);
    List<StateStoreProvider> found = all(StateStoreProvider.class);
    for (StateStoreProvider provider : found) {
      if (provider.scheme().equals(scheme)) {
        return provider;
      }
    }
    String known =
        found.stream().map(StateStoreProvider::scheme).sorted().collect(Collectors.joining(", "));
    throw new ResilienceConfigurationException("no store for '" + scheme + ":' of stateStore: add "
        + artifactFor(scheme) + " to the module path or class path (found: "
        + (known.isEmpty() ? "none" : known)
        + ")");
  }

  /**
   * Reads of what kind a state store is.
   *
   * @param location a scheme, a colon, and the rest, which may have a password in it and is in no message
   * @return the scheme, in lower case
   * @throws IllegalArgumentException if there is none
   */
  public static String scheme(String location) {
    int end = location.indexOf(':');
    if (end < 2) {
      throw new IllegalArgumentException(
          "stateStore must start with a scheme, as in sqlite:state.db: "
              + (end < 0 ? location : location.substring(0, end + 1) + "..."));
    }
    return location.substring(0, end).toLowerCase(Locale.ROOT);
  }

  private static String artifactFor(String scheme) {
    return switch (scheme) {
      case "memory" -> "io.aragora:resilience-core";
      case "sqlite" -> "io.aragora:resilience-persistence";
      case "postgresql" -> "io.aragora:resilience-postgresql";
      default -> "the artifact whose StateStoreProvider has the scheme '" + scheme + "'";
    };
  }

  /**
   * Finds a resource that nobody encapsulates: at the root of the class path, or of a module.
   *
   * @param name its name
   * @return where it is, in the first place that has it; null where none has
   * @throws ResilienceConfigurationException if a place has two
   */
  public @Nullable URL resource(String name) {
    for (ClassLoader place : loaders()) {
      Set<String> found = new LinkedHashSet<>();
      URL resource = null;
      try {
        for (URL candidate : Collections.list(place.getResources(name))) {
          resource = candidate;
          found.add(candidate.toString());
        }
      } catch (IOException e) {
        throw new ResilienceConfigurationException(name + " cannot be looked for: " + e, e);
      }
      if (found.size() > 1) {
        throw new ResilienceConfigurationException("there is more than one " + name
            + ", choose one by configFile(…) or -Dresilience.config=…: "
            + String.join(", ", found));
      }
      if (resource != null) {
        return resource;
      }
    }
    return null;
  }

  private Set<ClassLoader> loaders() {
    Set<ClassLoader> loaders = new LinkedHashSet<>();
    if (layer != null) {
      layer.modules().stream()
          .map(Module::getClassLoader)
          .filter(Objects::nonNull)
          .forEach(loaders::add);
    }
    if (loader != null) {
      loaders.add(loader);
    }
    ClassLoader ofThread = Thread.currentThread().getContextClassLoader();
    if (ofThread != null) {
      loaders.add(ofThread);
    }
    ClassLoader own = Providers.class.getClassLoader();
    if (own != null) {
      loaders.add(own);
    }
    return loaders;
  }

  private static <S> void collect(ServiceLoader<S> services, List<S> found) {
    Iterator<ServiceLoader.Provider<S>> providers = services.stream().iterator();
    for (int errors = 0; errors < MAX_ERRORS; ) {
      try {
        if (!providers.hasNext()) {
          return;
        }
        ServiceLoader.Provider<S> provider = providers.next();
        if (found.stream().noneMatch(known -> known.getClass() == provider.type())) {
          found.add(provider.get());
        }
      } catch (ServiceConfigurationError | LinkageError e) {
        // The latter is thrown as it is where something that the class extends is missing.
        errors++;
        LOG.log(
            System.Logger.Level.WARNING,
            "a provider cannot be used and is left out: " + e.getMessage(),
            e);
      }
    }
  }
}
