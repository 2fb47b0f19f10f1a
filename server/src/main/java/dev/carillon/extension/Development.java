package dev.carillon.extension;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Reloads of a node in development mode: what the code that builds an application tells the extensions that show it. Thread-safe.
 *
 * <p>A node in production has none, so nothing that depends on it exists there.
 */
public final class Development {
    private static final ScopedValue<Consumer<String>> LOG = ScopedValue.newInstance();

    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private volatile List<Problem> problems = List.of();

    /** Without problems and listeners. */
    public Development() {}

    /**
     * Why the application that runs is not the one of the sources.
     *
     * @param file path of the source file; empty: none is known
     * @param line from 1; 0: unknown
     * @param message of the compiler
     * @param source text of the line; empty: unknown
     */
    public record Problem(String file, long line, String message, String source) {}

    /** Receives reloads, on the thread of the one who causes them; must not block. */
    public interface Listener {
        /** The problems are others than before; none: the application that runs is that of the sources. */
        default void onProblems(List<Problem> now) {}

        /** Templates have changed: every view is to be rendered again. */
        default void onTemplates() {}

        /**
         * A static file has changed.
         *
         * @param name last part of its path
         */
        default void onFile(String name) {}
    }

    /**
     * Runs code, and passes on what it logs.
     *
     * @param lines takes each line, on the thread that logs it
     */
    public static void logging(Consumer<String> lines, Runnable run) {
        ScopedValue.where(LOG, lines).run(run);
    }

    /**
     * Called by the log of the process for each line.
     *
     * @param line made only if the line is passed on
     */
    public static void logged(Supplier<String> line) {
        if (LOG.isBound()) {
            LOG.get().accept(line.get());
        }
    }

    public void add(Listener listener) {
        listeners.add(listener);
    }

    /** The problems of the last build; none: it has succeeded. */
    public List<Problem> problems() {
        return problems;
    }

    public void problems(List<Problem> now) {
        problems = List.copyOf(now);
        listeners.forEach(listener -> listener.onProblems(problems));
    }

    public void templatesChanged() {
        listeners.forEach(Listener::onTemplates);
    }

    /** @param name last part of its path */
    public void fileChanged(String name) {
        listeners.forEach(listener -> listener.onFile(name));
    }
}
