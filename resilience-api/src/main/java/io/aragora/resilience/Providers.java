package io.aragora.resilience;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * Finds plug-ins: in the builder's layer and class loader, then the thread's context loader, then where the api itself
 * comes from. One class counts once. A provider that cannot be loaded is logged and loses itself alone.
 */
final class Providers {
  private static final System.Logger LOG = System.getLogger(Providers.class.getName());

  /** Where broken entries end, should an iterator fail at every step. */
  private static final int MAX_ERRORS = 100;

  private final @Nullable ModuleLayer layer;
  private final @Nullable ClassLoader loader;

  Providers(@Nullable ModuleLayer layer, @Nullable ClassLoader loader) {
    this.layer = layer;
    this.loader = loader;
  }

  <S> List<S> all(Class<S> service) {
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
      } catch (ServiceConfigurationError e) {
        errors++;
        LOG.log(
            System.Logger.Level.WARNING,
            "a provider cannot be used and is left out: " + e.getMessage(),
            e);
      }
    }
  }
}
