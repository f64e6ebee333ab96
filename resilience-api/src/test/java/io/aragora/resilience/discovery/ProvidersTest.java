package io.aragora.resilience.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.internal.discovery.Providers;
import io.aragora.resilience.internal.runtime.ResilienceProvider;
import io.aragora.resilience.persistence.StateStoreProvider;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.io.InputStream;
import java.lang.module.Configuration;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The places of the search for plug-ins, their order, and invalid plug-ins. There is no runtime on this
 * path.
 */
class ProvidersTest {
  private static final String STORE = PluggedStore.class.getName();
  private static final String OTHER = PluggedStore.Other.class.getName();
  private static final String BROKEN = PluggedStore.Broken.class.getName();

  private ClassLoader before;

  @BeforeEach
  void rememberContextLoader() {
    before = Thread.currentThread().getContextClassLoader();
  }

  @AfterEach
  void restoreContextLoader() {
    Thread.currentThread().setContextClassLoader(before);
  }

  private static PluginLoader stores(String... lines) {
    return PluginLoader.of(PluggedStore.class, PluggedStore.Other.class, PluggedStore.Broken.class)
        .declare(StateStoreProvider.class, lines);
  }

  private static List<StateStoreProvider> found(ModuleLayer layer, ClassLoader loader) {
    return new Providers(layer, loader).all(StateStoreProvider.class);
  }

  @Test
  void nothingDeclared_isNothingFound() {
    assertThat(found(null, null)).isEmpty();
    assertThat(Providers.ofThread().all(StateStoreProvider.class)).isEmpty();
  }

  @Test
  @DisplayName(
      "providers are searched in the layer of the builder, then its loader, then the loader of "
          + "the thread")
  void places_haveAnOrder() {
    ModuleLayer layer = layerWith("com.example.plugged", PluggedStore.class);
    ClassLoader loader = stores(STORE);
    ClassLoader context = stores(OTHER, STORE);
    Thread.currentThread().setContextClassLoader(context);

    List<StateStoreProvider> found = found(layer, loader);

    assertThat(found)
        .extracting(provider -> provider.getClass().getName())
        .containsExactly(STORE, STORE, OTHER, STORE);
    assertThat(found.get(0).getClass().getModule().getName()).isEqualTo("com.example.plugged");
    assertThat(found.get(1).getClass().getClassLoader()).isSameAs(loader);
    assertThat(found.get(2).getClass().getClassLoader()).isSameAs(context);
    assertThat(found.get(3).getClass().getClassLoader()).isSameAs(context);
  }

  @Test
  @DisplayName("a class in two places counts once")
  void sameClass_countsOnce() {
    ClassLoader loader = stores(STORE, OTHER);
    Thread.currentThread().setContextClassLoader(loader);

    assertThat(found(null, loader))
        .extracting(StateStoreProvider::scheme)
        .containsExactly("plugged", "other");
  }

  @Test
  @DisplayName("a provider that cannot be loaded or created is skipped; others are found")
  void brokenProviders_areSkipped() {
    ClassLoader loader =
        stores("com.example.NoSuchClass", BROKEN, STORE, String.class.getName(), OTHER);

    assertThat(found(null, loader))
        .extracting(StateStoreProvider::scheme)
        .containsExactly("plugged", "other");
  }

  @Test
  @DisplayName("a provider without its superclass is skipped; others are found")
  void unlinkableProvider_isSkipped() {
    PluginLoader loader = new PluginLoader(
        List.of(PluggedStore.Other.class, PluggedRuntime.class, PluggedRuntime.Second.class),
        List.of(PluggedStore.class));
    loader.declare(StateStoreProvider.class, OTHER);
    loader.declare(
        ResilienceProvider.class,
        PluggedStore.Other.class.getName(),
        PluggedRuntime.class.getName());

    assertThat(found(null, loader)).isEmpty();
    assertThat(new Providers(null, loader).all(ResilienceProvider.class)).hasSize(1);
  }

  private static StateStoreProvider find(Providers providers, String location) {
    return StateStoreProvider.find(location, providers.all(StateStoreProvider.class));
  }

  @Test
  void stateStore_isFoundByItsScheme_inWhateverCase() {
    Providers providers = new Providers(null, stores(STORE, OTHER));

    assertThat(find(providers, "other:somewhere").scheme()).isEqualTo("other");
    assertThat(find(providers, "PLUGGED:").scheme()).isEqualTo("plugged");
  }

  @Test
  void stateStore_thatIsMissing_isAnErrorThatNamesTheArtifact() {
    assertThatThrownBy(() -> find(new Providers(null, null), "sqlite:state.db"))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll("'sqlite:'", "io.aragora:resilience-persistence", "found: none");
    assertThatThrownBy(
            () -> find(new Providers(null, stores(STORE, OTHER)), "postgresql://u:secret@db/x"))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll("io.aragora:resilience-postgresql", "found: other, plugged")
        .hasMessageNotContaining("secret");
    assertThatThrownBy(() -> find(new Providers(null, null), "memory:"))
        .hasMessageContaining("io.aragora:resilience-core");
    assertThatThrownBy(() -> find(new Providers(null, null), "redis:x"))
        .hasMessageContaining("the scheme 'redis'");
  }

  @Test
  void stateStore_withoutAScheme_isRejected() {
    for (String location : List.of("state.db", "", ":x", "c:\\state.db")) {
      assertThatThrownBy(() -> StateStoreProvider.schemeOf(location))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("sqlite:state.db");
    }
    assertThat(StateStoreProvider.schemeOf("ab:")).isEqualTo("ab");
  }

  @Test
  void noRuntime_isAnErrorThatNamesTheArtifact() {
    assertThatThrownBy(() -> Resilience.builder().build())
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("add io.aragora:resilience-core");
  }

  @Test
  void twoRuntimes_areAnErrorThatNamesBoth() {
    ClassLoader loader = PluginLoader.of(PluggedRuntime.class, PluggedRuntime.Second.class)
        .declare(
            ResilienceProvider.class,
            PluggedRuntime.Second.class.getName(),
            PluggedRuntime.class.getName());

    assertThatThrownBy(() -> Resilience.builder().classLoader(loader).build())
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining(
            PluggedRuntime.class.getName() + ", " + PluggedRuntime.Second.class.getName());
  }

  @Test
  void oneRuntime_isAsked() {
    ClassLoader loader = PluginLoader.of(PluggedRuntime.class)
        .declare(ResilienceProvider.class, PluggedRuntime.class.getName());
    shareInternals(loader);

    assertThatThrownBy(
            () -> Resilience.builder().name("shop").classLoader(loader).build())
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessage("asked for shop");
    assertThatThrownBy(() -> Resilience.builder()
            .name("shop")
            .moduleLayer(layerWith("io.aragora.resilience.core", PluggedRuntime.class))
            .build())
        .hasMessage("asked for shop");
  }

  /** If our own modules are on the class path, so is the API, which then hides nothing from them. */
  private static void shareInternals(ClassLoader loader) {
    ProvidersTest.class
        .getModule()
        .addExports(ResilienceProvider.class.getPackageName(), loader.getUnnamedModule());
  }

  /** A layer with one module, which provides the service that a class implements. */
  private static ModuleLayer layerWith(String module, Class<?> provider) {
    ModuleDescriptor descriptor = ModuleDescriptor.newModule(module)
        .requires("io.aragora.resilience")
        .packages(Set.of(provider.getPackageName()))
        .provides(provider.getInterfaces()[0].getName(), List.of(provider.getName()))
        .build();
    ModuleLayer boot = ProvidersTest.class.getModule().getLayer();
    Configuration configuration = boot.configuration()
        .resolve(new OneModule(descriptor), ModuleFinder.of(), Set.of(descriptor.name()));
    return boot.defineModulesWithOneLoader(configuration, ClassLoader.getPlatformClassLoader());
  }

  /** Finds a module whose classes are those of the tests. */
  private record OneModule(ModuleDescriptor descriptor) implements ModuleFinder {
    @Override
    public Optional<ModuleReference> find(String name) {
      return findAll().stream()
          .filter(module -> module.descriptor().name().equals(name))
          .findAny();
    }

    @Override
    public Set<ModuleReference> findAll() {
      return Set.of(new ModuleReference(descriptor, URI.create("memory:/plugged")) {
        @Override
        public ModuleReader open() {
          return new ClassesOfTests();
        }
      });
    }
  }

  private static final class ClassesOfTests implements ModuleReader {
    @Override
    public Optional<URI> find(String name) {
      return Optional.empty();
    }

    @Override
    public Optional<InputStream> open(String name) {
      return Optional.empty();
    }

    @Override
    public Optional<ByteBuffer> read(String name) {
      return name.endsWith(".class")
          ? Optional.of(ByteBuffer.wrap(PluginLoader.bytesOf(
              name.substring(0, name.length() - ".class".length()).replace('/', '.'))))
          : Optional.empty();
    }

    @Override
    public Stream<String> list() {
      return Stream.empty();
    }

    @Override
    public void close() {}
  }
}
