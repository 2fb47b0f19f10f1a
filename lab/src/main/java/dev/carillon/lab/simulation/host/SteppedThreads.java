package dev.carillon.lab.simulation.host;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Virtual threads with a scheduler of their own. The JDK has them for its tests alone: the JVM needs {@code --add-opens=java.base/java.lang=ALL-UNNAMED}. Each
 * step of such a thread, from one wait to the next, is one task that its scheduler gets.
 */
public final class SteppedThreads {
    private static final String BUILDER = "java.lang.ThreadBuilders$VirtualThreadBuilder";
    private static final @Nullable Constructor<?> CONSTRUCTOR = constructor();

    private SteppedThreads() {}

    private static @Nullable Constructor<?> constructor() {
        try {
            Constructor<?> found = Class.forName(BUILDER).getDeclaredConstructor(Executor.class);
            return found.trySetAccessible() ? found : null;
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }

    /** Whether this JVM can make them. */
    public static boolean available() {
        return CONSTRUCTOR != null;
    }

    static Thread unstarted(Executor steps, String name, Runnable task) {
        Constructor<?> constructor = CONSTRUCTOR;
        if (constructor == null) {
            throw new UnsupportedOperationException(
                    "a thread that may block, without --add-opens=java.base/java.lang=ALL-UNNAMED: " + name);
        }
        try {
            Thread.Builder.OfVirtual builder = (Thread.Builder.OfVirtual) constructor.newInstance(steps);
            return builder.name(name).unstarted(task);
        } catch (InstantiationException | IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException(e);
        }
    }
}
