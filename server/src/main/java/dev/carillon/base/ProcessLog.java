package dev.carillon.base;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * The log of the process, as far as operators control it through a node. The program that starts nodes provides it, by {@link ServiceLoader}; without
 * one, nodes log by SLF4J and refuse requests that change a level. Thread-safe.
 */
public interface ProcessLog {
    /** The logger of which all loggers of Carillon are descendants. */
    String ROOT = "dev.carillon";

    /** The levels, each including those before it. */
    List<String> LEVELS = List.of("error", "warn", "info", "debug", "trace");

    /** The log of this program; empty: the program provides none. */
    static Optional<ProcessLog> find() {
        return ServiceLoader.load(ProcessLog.class).findFirst();
    }

    /** The level of a logger, its own or its parent's; empty: there is no such logger. */
    Optional<String> level(String logger);

    /**
     * Sets the level of a logger and of those below it that have none of their own.
     *
     * @param level one of {@link #LEVELS}
     * @return false: there is no such logger
     */
    boolean level(String logger, String level);

    /** Number of lines that were dropped because the log was not read fast enough. */
    long droppedLines();
}
