package io.aragora.resilience.guards;

import java.lang.annotation.Retention;
import java.lang.annotation.Target;
import java.lang.reflect.AnnotatedArrayType;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.AnnotatedWildcardType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The visible signatures of a class, as lines of text: its kind, supertypes, constants, constructors and methods, with
 * generics, nullness, and what they throw. The same on every JDK. Members of a superclass that is not public are the class's own.
 */
final class Signatures {
  private Signatures() {}

  static boolean isVisible(Class<?> type) {
    int modifiers = type.getModifiers();
    Class<?> outer = type.getEnclosingClass();
    return !type.isAnonymousClass()
        && !type.isLocalClass()
        && !type.isSynthetic()
        && (Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers))
        && (outer == null || isVisible(outer));
  }

  static List<String> of(Class<?> type) {
    List<String> lines = new ArrayList<>();
    lines.add(header(type));
    if (type.isRecord()) {
      lines.add("  components "
          + Arrays.stream(type.getRecordComponents())
              .map(component -> text(component.getAnnotatedType()) + " " + component.getName())
              .collect(Collectors.joining(", ")));
    }
    if (type.isEnum()) {
      for (Object constant : type.getEnumConstants()) {
        lines.add("  constant " + ((Enum<?>) constant).name());
      }
    }
    lines.addAll(sorted(members(type, Class::getDeclaredFields), Signatures::field));
    lines.addAll(sorted(Stream.of(type.getDeclaredConstructors()), Signatures::constructor));
    lines.addAll(sorted(members(type, Class::getDeclaredMethods), Signatures::method));
    return lines;
  }

  private static <M extends Member> Stream<M> members(
      Class<?> type, Function<Class<?>, M[]> declared) {
    Stream<M> own = Stream.of(declared.apply(type));
    Class<?> parent = type.getSuperclass();
    return parent == null || Modifier.isPublic(parent.getModifiers())
        ? own
        : Stream.concat(own, members(parent, declared));
  }

  private static <M extends Member> List<String> sorted(
      Stream<M> members, Function<M, String> signature) {
    return members
        .filter(member -> !member.isSynthetic() && isVisible(member))
        .map(member -> "  " + signature.apply(member))
        .sorted()
        .distinct()
        .toList();
  }

  private static boolean isVisible(Member member) {
    int modifiers = member.getModifiers();
    return Modifier.isPublic(modifiers)
        || (Modifier.isProtected(modifiers)
            && !Modifier.isFinal(member.getDeclaringClass().getModifiers()));
  }

  private static String header(Class<?> type) {
    StringJoiner text = new StringJoiner(" ");
    marks(type).forEach(text::add);
    if (type.isAnnotation()) {
      text.add("@Target" + targets(type)).add("@Retention(" + retention(type) + ")");
    }
    int implied = type.isInterface()
        ? Modifier.ABSTRACT | Modifier.STATIC | Modifier.INTERFACE
        : type.isEnum() ? Modifier.STATIC | Modifier.FINAL | Modifier.ABSTRACT : 0;
    String modifiers =
        Modifier.toString(type.getModifiers() & Modifier.classModifiers() & ~implied);
    text.add(modifiers);
    if (type.isSealed()) {
      text.add("sealed");
    }
    text.add(kind(type)).add(type.getTypeName() + parameters(type.getTypeParameters()));
    AnnotatedType parent = type.getAnnotatedSuperclass();
    if (parent != null && parent.getType() != Object.class && !type.isEnum() && !type.isRecord()) {
      text.add("extends " + text(parent));
    }
    if (type.getInterfaces().length > 0) {
      text.add((type.isInterface() ? "extends " : "implements ")
          + Stream.of(type.getAnnotatedInterfaces())
              .map(Signatures::text)
              .sorted()
              .collect(Collectors.joining(", ")));
    }
    if (type.isSealed()) {
      text.add("permits "
          + Stream.of(type.getPermittedSubclasses())
              .map(Class::getTypeName)
              .sorted()
              .collect(Collectors.joining(", ")));
    }
    return text.toString();
  }

  private static String kind(Class<?> type) {
    if (type.isAnnotation()) {
      return "@interface";
    }
    if (type.isInterface()) {
      return "interface";
    }
    return type.isEnum() ? "enum" : type.isRecord() ? "record" : "class";
  }

  private static String targets(Class<?> type) {
    Target target = type.getAnnotation(Target.class);
    return target == null
        ? "(any)"
        : Arrays.stream(target.value()).sorted().toList().toString();
  }

  private static String retention(Class<?> type) {
    Retention retention = type.getAnnotation(Retention.class);
    return retention == null ? "CLASS" : retention.value().name();
  }

  private static Stream<String> marks(AnnotatedElement element) {
    return Stream.of(Deprecated.class, FunctionalInterface.class)
        .filter(element::isAnnotationPresent)
        .map(mark -> "@" + mark.getSimpleName());
  }

  private static String field(Field field) {
    StringJoiner text = new StringJoiner(" ");
    marks(field).forEach(text::add);
    text.add(Modifier.toString(field.getModifiers()))
        .add(text(field.getAnnotatedType()))
        .add(field.getName());
    return text + constant(field);
  }

  /** Compilers copy a constant into the code that uses it, so its value is part of the API. */
  private static String constant(Field field) {
    int modifiers = field.getModifiers();
    boolean copied = field.getType().isPrimitive() || field.getType() == String.class;
    if (!copied || !Modifier.isStatic(modifiers) || !Modifier.isFinal(modifiers)) {
      return "";
    }
    try {
      return " = " + field.get(null);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(field + " is public and cannot be read", e);
    }
  }

  private static String constructor(Constructor<?> constructor) {
    return executable(constructor, "constructor");
  }

  private static String method(Method method) {
    Object byDefault = method.getDefaultValue();
    return executable(method, text(method.getAnnotatedReturnType()) + " " + method.getName())
        + (byDefault == null ? "" : " default " + value(byDefault));
  }

  private static String executable(Executable executable, String name) {
    StringJoiner text = new StringJoiner(" ");
    marks(executable).forEach(text::add);
    int ignored = Modifier.SYNCHRONIZED | Modifier.NATIVE | Modifier.STRICT;
    int modifiers = executable.getModifiers() & Modifier.methodModifiers() & ~ignored;
    if (!Modifier.toString(modifiers).isEmpty()) {
      text.add(Modifier.toString(modifiers));
    }
    if (executable instanceof Method method && method.isDefault()) {
      text.add("default");
    }
    String parameters = parameters(executable.getTypeParameters());
    if (!parameters.isEmpty()) {
      text.add(parameters);
    }
    String arguments = Stream.of(executable.getAnnotatedParameterTypes())
        .map(Signatures::text)
        .collect(Collectors.joining(", ", "(", ")"));
    text.add(
        name + (executable.isVarArgs() ? arguments.replaceFirst("\\[]\\)$", "...)") : arguments));
    if (executable.getExceptionTypes().length > 0) {
      text.add("throws "
          + Stream.of(executable.getAnnotatedExceptionTypes())
              .map(Signatures::text)
              .sorted()
              .collect(Collectors.joining(", ")));
    }
    return text.toString();
  }

  private static String value(Object value) {
    if (value instanceof Object[] values) {
      return Arrays.stream(values).map(Signatures::value).toList().toString();
    }
    return value instanceof Class<?> type
        ? type.getTypeName()
        : value instanceof String string ? '"' + string + '"' : value.toString();
  }

  private static String parameters(TypeVariable<?>[] variables) {
    if (variables.length == 0) {
      return "";
    }
    return Stream.of(variables)
        .map(variable -> variable.getName() + bounds(" extends ", variable.getAnnotatedBounds()))
        .collect(Collectors.joining(", ", "<", ">"));
  }

  private static String bounds(String keyword, AnnotatedType[] bounds) {
    String text = Stream.of(bounds).map(Signatures::text).collect(Collectors.joining(" & "));
    return text.isEmpty() || text.equals("java.lang.Object") ? "" : keyword + text;
  }

  private static String text(AnnotatedType type) {
    String nullness = type.isAnnotationPresent(Nullable.class) ? "@Nullable " : "";
    if (type instanceof AnnotatedArrayType array) {
      return text(array.getAnnotatedGenericComponentType())
          + (nullness.isEmpty() ? "" : " " + nullness)
          + "[]";
    }
    if (type instanceof AnnotatedWildcardType wildcard) {
      return "?"
          + bounds(" extends ", wildcard.getAnnotatedUpperBounds())
          + bounds(" super ", wildcard.getAnnotatedLowerBounds());
    }
    if (type instanceof AnnotatedParameterizedType generic) {
      return nullness
          + ((ParameterizedType) generic.getType()).getRawType().getTypeName()
          + Stream.of(generic.getAnnotatedActualTypeArguments())
              .map(Signatures::text)
              .collect(Collectors.joining(", ", "<", ">"));
    }
    return nullness + type.getType().getTypeName();
  }
}
