package io.aragora.resilience.discovery;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A class loader of a plug-in on a class path: declares providers, and defines their classes itself. */
final class PluginLoader extends ClassLoader {
  private final Map<String, String> declared = new LinkedHashMap<>();
  private final Set<String> own;
  private final Set<String> missing;

  /**
   * Creates a loader without declarations.
   *
   * @param own classes that it defines, whatever its parent has
   * @param missing classes that it does not find
   */
  PluginLoader(List<Class<?>> own, List<Class<?>> missing) {
    super(PluginLoader.class.getClassLoader());
    this.own = Set.copyOf(own.stream().map(Class::getName).toList());
    this.missing = Set.copyOf(missing.stream().map(Class::getName).toList());
  }

  static PluginLoader of(Class<?>... own) {
    return new PluginLoader(List.of(own), List.of());
  }

  /** Declares providers as a file under {@code META-INF/services} would. */
  PluginLoader declare(Class<?> service, String... lines) {
    declared.put("META-INF/services/" + service.getName(), String.join("\n", lines));
    return this;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (missing.contains(name)) {
      throw new ClassNotFoundException(name);
    }
    if (!own.contains(name)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> known = findLoadedClass(name);
      if (known != null) {
        return known;
      }
      byte[] bytes = bytesOf(name);
      return defineClass(name, bytes, 0, bytes.length);
    }
  }

  static byte[] bytesOf(String name) {
    String file = name.substring(name.lastIndexOf('.') + 1) + ".class";
    try (InputStream in = PluginLoader.class.getResourceAsStream(file)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Enumeration<URL> getResources(String name) throws IOException {
    String text = declared.get(name);
    return text == null
        ? Collections.emptyEnumeration()
        : Collections.enumeration(List.of(new URL("memory", "", -1, "/" + name, new Memory(text))));
  }

  private static final class Memory extends URLStreamHandler {
    private final String text;

    private Memory(String text) {
      this.text = text;
    }

    @Override
    protected URLConnection openConnection(URL url) {
      return new URLConnection(url) {
        @Override
        public void connect() {}

        @Override
        public InputStream getInputStream() {
          return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
        }
      };
    }
  }
}
