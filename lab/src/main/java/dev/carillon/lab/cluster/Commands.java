package dev.carillon.lab.cluster;

import java.io.PrintStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * How Carillon's commands are run as processes of their own.
 *
 * @param main the class that runs them, in this class path
 * @param variables of this process
 */
public record Commands(String main, Map<String, String> variables) {
    /** Option of the commands that serve: they end when their standard input does. */
    public static final String STOP_WITH_STDIN = "--stop-with-stdin";

    /** Option of {@code serve}. */
    public static final String LIGHTSHOW = "--lightshow";

    /** Whether a variable may be a setting: a process that is started with other settings must not inherit it. */
    public static boolean isSetting(String variable) {
        return variable.startsWith("CARILLON_") || variable.startsWith("MERCURE_");
    }

    /** The variables of this process, to which settings are added. */
    public Map<String, String> withoutSettings() {
        Map<String, String> others = new HashMap<>(variables);
        others.keySet().removeIf(Commands::isSetting);
        return others;
    }

    /**
     * Starts a command that serves, and that {@link #STOP_WITH_STDIN} is given to.
     *
     * @param id stands before each line of its output
     * @param ready finds in a line of its output that it serves, and where
     * @throws LabException when it cannot be started
     */
    public <T> ServingProcess<T> start(
            String id,
            List<String> arguments,
            Map<String, String> environment,
            Function<String, Optional<T>> ready,
            PrintStream out) {
        return ServingProcess.start(id, main, arguments, environment, ready, out);
    }
}
