package dev.carillon.cli.dev;

import dev.carillon.cli.base.CommandException;
import dev.carillon.extension.Extension;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds the application among compiled classes: the one class that is an {@link Extension} with a constructor without parameters, or the one static method without
 * parameters that returns one, such as an {@code App}.
 */
final class ApplicationClass {
    private ApplicationClass() {}

    /** Makes the application, once for each node. */
    @FunctionalInterface
    interface Maker {
        /** @throws Exception as the code of the application */
        Extension make() throws Exception;
    }

    private record Found(String name, Maker maker) {}

    /**
     * Finds it.
     *
     * @param classes folder of the compiled classes
     * @param given name of its class; empty: any
     * @throws CommandException when there is none, or more than one
     */
    static Maker find(Path classes, Optional<String> given, ClassLoader loader) {
        List<String> names = given.map(List::of).orElseGet(() -> names(classes));
        List<Found> found = names.stream().flatMap(name -> makers(name, loader)).toList();
        if (found.size() == 1) {
            return found.getFirst().maker();
        }
        String wanted =
                "a class that implements Extension with a constructor without parameters, or a static method without"
                        + " parameters that returns an App";
        throw CommandException.failed(
                found.isEmpty()
                        ? "dev: " + given.map(name -> name + " is not ").orElse("the sources do not have ") + wanted
                        : "dev: there are several applications, choose one with --class: "
                                + found.stream().map(Found::name).collect(Collectors.joining(", ")));
    }

    private static List<String> names(Path classes) {
        try (Stream<Path> all = Files.walk(classes)) {
            return all.map(path -> classes.relativize(path).toString())
                    .filter(name -> name.endsWith(".class"))
                    .map(name ->
                            name.substring(0, name.length() - ".class".length()).replace(File.separatorChar, '.'))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** None for a class that cannot be loaded, as one that needs a library that is optional. */
    private static Stream<Found> makers(String name, ClassLoader loader) {
        try {
            return makers(Class.forName(name, false, loader));
        } catch (ClassNotFoundException | LinkageError e) {
            return Stream.empty();
        }
    }

    private static Stream<Found> makers(Class<?> type) {
        if (Extension.class.isAssignableFrom(type) && !Modifier.isAbstract(type.getModifiers())) {
            return Arrays.stream(type.getDeclaredConstructors())
                    .filter(constructor -> constructor.getParameterCount() == 0 && !type.isAnonymousClass())
                    .map(constructor -> new Found(type.getName(), () -> {
                        constructor.setAccessible(true);
                        return (Extension) unwrapped(() -> constructor.newInstance());
                    }));
        }
        return Arrays.stream(type.getDeclaredMethods())
                .filter(method -> Modifier.isStatic(method.getModifiers())
                        && !Modifier.isPrivate(method.getModifiers())
                        && method.getParameterCount() == 0
                        && Extension.class.isAssignableFrom(method.getReturnType()))
                .map(method -> new Found(type.getName() + "." + method.getName(), () -> call(method)));
    }

    private static Extension call(Method method) throws Exception {
        method.setAccessible(true);
        return (Extension) unwrapped(() -> method.invoke(null));
    }

    /** A call by reflection. */
    private interface Reflected {
        Object call() throws ReflectiveOperationException;
    }

    private static Object unwrapped(Reflected call) throws Exception {
        try {
            return call.call();
        } catch (InvocationTargetException e) {
            switch (e.getCause()) {
                case Exception known -> throw known;
                case Error error -> throw error;
                case null, default -> throw e;
            }
        }
    }
}
