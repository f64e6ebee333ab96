package io.aragora.resilience.internal.discovery;

import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.io.IOException;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * Finds plug-ins: in the layer and class loader of the builder, then the context loader of the thread, then the loader
 * of the api itself. Duplicates of a class count once. A provider that cannot be loaded is logged and skipped. For the
 * services that the api module declares to use.
 */
public final class Providers {
  private static final GuardedLog LOG = GuardedLog.of(Providers.class);

  /** The number of broken entries after which the search ends, in case an iterator fails at every step. */
  private static final int MAX_ERRORS = 100;

  private final @Nullable ModuleLayer layer;
  private final @Nullable ClassLoader loader;

  /**
   * Creates a search that begins with a layer and a class loader.
   *
   * @param layer a layer; null for none
   * @param loader a class loader; null for none
   */
  public Providers(@Nullable ModuleLayer layer, @Nullable ClassLoader loader) {
    this.layer = layer;
    this.loader = loader;
    if (layer != null) {
      layer.modules().forEach(Providers::shareInternals);
    }
  }

  /** A qualified export of a descriptor reaches only modules of the same layer as this one. */
  private static void shareInternals(Module other) {
    Module own = Providers.class.getModule();
    if (own.isNamed() && other.isNamed() && other.getName().startsWith(own.getName() + ".")) {
      own.getPackages().stream()
          .filter(name -> name.startsWith(own.getName() + ".internal"))
          .forEach(name -> own.addExports(name, other));
    }
  }

  /**
   * Returns a search without layer and loader of its own.
   *
   * @return a search of the context loader of the thread, then of the loader of the api
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
    if (own != null && own != ModuleLayer.boot()) {
      collect(ServiceLoader.load(own, service), found);
    }
    // A class loader finds the modules of the boot layer, too.
    if (Providers.class.getClassLoader() != Thread.currentThread().getContextClassLoader()) {
      collect(ServiceLoader.load(service, Providers.class.getClassLoader()), found);
    }
    return found;
  }

  /**
   * Returns whether a plug-in is of a class.
   *
   * @param plugIns the plug-ins
   * @param type the class, not one of its supertypes
   * @return whether one of them is
   */
  public static boolean containsClass(List<?> plugIns, Class<?> type) {
    for (Object plugIn : plugIns) {
      if (plugIn.getClass() == type) {
        return true;
      }
    }
    return false;
  }

  /**
   * Finds a resource that no module encapsulates: at the root of the class path, or of a module.
   *
   * @param name its name
   * @return its URL in the first place that has it; null if none has
   * @throws ResilienceConfigurationException if a place has two
   */
  public @Nullable URL resource(String name) {
    for (ClassLoader place : loaders()) {
      List<String> found = new ArrayList<>();
      URL resource = null;
      try {
        for (URL candidate : Collections.list(place.getResources(name))) {
          resource = candidate;
          addOnce(found, candidate.toString());
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

  private List<ClassLoader> loaders() {
    List<ClassLoader> loaders = new ArrayList<>();
    if (layer != null) {
      for (Module module : layer.modules()) {
        addOnce(loaders, module.getClassLoader());
      }
    }
    addOnce(loaders, loader);
    addOnce(loaders, Thread.currentThread().getContextClassLoader());
    addOnce(loaders, Providers.class.getClassLoader());
    return loaders;
  }

  /** Not a set that keeps its order: every process would load its classes. */
  private static <T> void addOnce(List<T> all, @Nullable T one) {
    if (one != null && !all.contains(one)) {
      all.add(one);
    }
  }

  /**
   * Creates the providers of one place. Those of the first place are new, and are created without a
   * stream, which would load some fifty classes.
   */
  private static <S> void collect(ServiceLoader<S> services, List<S> found) {
    Iterator<S> created = found.isEmpty() ? services.iterator() : null;
    Iterator<ServiceLoader.Provider<S>> providers =
        created == null ? services.stream().iterator() : Collections.emptyIterator();
    for (int errors = 0; errors < MAX_ERRORS; ) {
      try {
        if (created != null) {
          if (!created.hasNext()) {
            return;
          }
          found.add(created.next());
          continue;
        }
        if (!providers.hasNext()) {
          return;
        }
        ServiceLoader.Provider<S> provider = providers.next();
        if (!containsClass(found, provider.type())) {
          found.add(provider.get());
        }
      } catch (ServiceConfigurationError | LinkageError e) {
        // The latter is thrown unwrapped if a superclass is missing.
        errors++;
        LOG.log(
            System.Logger.Level.WARNING,
            "a provider cannot be used and is skipped: " + e.getMessage(),
            e);
      }
    }
  }
}
