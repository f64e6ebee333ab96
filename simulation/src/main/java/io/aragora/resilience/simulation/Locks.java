package io.aragora.resilience.simulation;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * Knows whether the calling thread may hold a lock of the library or of the JDK. Such a thread is not preempted: the thread that
 * goes on instead would block for real.
 */
final class Locks {
  private static final StackWalker WALKER =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);
  private static final Map<Class<?>, Set<String>> LOCKING = new ConcurrentHashMap<>();

  private Locks() {}

  static boolean isHeld() {
    return WALKER.walk(frames -> frames.anyMatch(Locks::mayHold));
  }

  private static boolean mayHold(StackWalker.StackFrame frame) {
    Class<?> type = frame.getDeclaringClass();
    String method = frame.getMethodName();
    if (method.equals("<clinit>")) {
      return true;
    }
    String name = type.getName();
    if (name.startsWith("java.")) {
      return name.startsWith("java.util.concurrent.ConcurrentHashMap")
          || name.startsWith("java.lang.ClassValue")
          || name.startsWith("java.lang.ClassLoader")
          || name.startsWith("java.util.concurrent.locks");
    }
    return !name.startsWith("io.aragora.resilience.simulation")
        && LOCKING.computeIfAbsent(type, Locks::lockingMethods).contains(method);
  }

  /** Returns the names of the methods that are synchronized, have a synchronized block or take a lock. */
  private static Set<String> lockingMethods(Class<?> type) {
    Set<String> names = ConcurrentHashMap.newKeySet();
    String file = type.getName().substring(type.getName().lastIndexOf('.') + 1) + ".class";
    try (InputStream bytes = type.getResourceAsStream(file)) {
      if (bytes != null) {
        new ClassReader(bytes).accept(new Finder(names), ClassReader.SKIP_DEBUG);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return names;
  }

  private static final class Finder extends ClassVisitor {
    private final Set<String> names;

    Finder(Set<String> names) {
      super(Opcodes.ASM9);
      this.names = names;
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String method, String descriptor, String signature, String[] exceptions) {
      if ((access & Opcodes.ACC_SYNCHRONIZED) != 0) {
        names.add(method);
      }
      return new MethodVisitor(Opcodes.ASM9) {
        @Override
        public void visitInsn(int opcode) {
          if (opcode == Opcodes.MONITORENTER) {
            names.add(method);
          }
        }

        @Override
        public void visitMethodInsn(
            int opcode, String owner, String called, String type, boolean isInterface) {
          if ((owner.startsWith("java/util/concurrent/locks/")
                  || owner.equals("io/aragora/resilience/internal/QuietLock"))
              && (called.equals("lock") || called.equals("tryLock"))) {
            names.add(method);
          }
        }
      };
    }
  }
}
