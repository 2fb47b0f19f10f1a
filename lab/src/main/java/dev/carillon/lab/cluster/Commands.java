package dev.carillon.lab.cluster;

import dev.carillon.lab.LabException;
import dev.carillon.process.ChildProcess;
import java.io.IOException;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Runs Carillon's commands as child processes.
 *
 * @param main main class of the commands, on this class path
 * @param variables environment variables of this process
 */
public record Commands(String main, Map<String, String> variables) {
    /** Option of server commands: the process exits when its standard input ends. */
    public static final String STOP_WITH_STDIN = "--stop-with-stdin";

    /** Option of {@code serve}. */
    public static final String LIGHTSHOW = "--lightshow";

    /** Settings of the log belong to a process and not to a node: child processes inherit them. */
    private static final Set<String> LOG = Set.of("CARILLON_LOG_FORMAT", "CARILLON_LOG_LEVEL");

    /** Whether a variable may be a setting; a child process with other settings must not inherit it. */
    public static boolean isSetting(String variable) {
        return (variable.startsWith("CARILLON_") || variable.startsWith("MERCURE_")) && !LOG.contains(variable);
    }

    /** The variables of this process without settings. */
    public Map<String, String> withoutSettings() {
        Map<String, String> others = new HashMap<>(variables);
        others.keySet().removeIf(Commands::isSetting);
        return others;
    }

    /**
     * Runs a command to its end.
     *
     * @param onLine receives each line of its output, on another thread
     * @return its exit status
     * @throws LabException if the process cannot be started
     */
    public int run(List<String> arguments, Map<String, String> environment, Consumer<String> onLine)
            throws InterruptedException {
        try (ChildProcess process = ServiceProcess.command(main, arguments, environment)
                .onOutput(onLine)
                .start()) {
            return process.awaitExit();
        } catch (IOException e) {
            throw LabException.failed(arguments.getFirst() + " cannot be started: " + e.getMessage());
        }
    }

    /**
     * Starts a server command; the arguments must include {@link #STOP_WITH_STDIN}.
     *
     * @param id prefix of each line of its output
     * @param ready parses a line of its output; present if the line says that the process is ready
     * @throws LabException if the process cannot be started
     */
    public <T> ServiceProcess<T> start(
            String id,
            List<String> arguments,
            Map<String, String> environment,
            Function<String, Optional<T>> ready,
            PrintStream out) {
        return ServiceProcess.start(id, main, arguments, environment, ready, out);
    }
}
