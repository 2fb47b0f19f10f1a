package dev.carillon.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A rabbitmq-server without plugins, with the user guest. It has a port mapper (epmd) of its own, which ends with it. */
public final class RabbitServer extends ServerProcess {
    private static final String NAME = "rabbitmq-server";
    private static final String TOOL = "rabbitmqctl";
    private static final String VARIABLE = "RABBITMQCTL";
    /** The programs on the PATH of Debian switch to another user, who could not write the data. */
    private static final String FIRST = "/usr/lib/rabbitmq/bin:";

    private static final Path DEBIAN = Path.of("/usr/sbin");

    private static final Duration COMMAND_LIMIT = Duration.ofSeconds(60);

    private final int mapperPort;
    private final int nodesPort;
    private final String nodeName;

    public RabbitServer() {
        // before super, which starts the server
        this.mapperPort = freePort();
        int free = freePort();
        this.nodesPort = free;
        this.nodeName = "carillon" + free + "@localhost";
        super(NAME, program(), "install the package rabbitmq-server, 3.10 or newer, or run ./carillon test");
    }

    /** The program: the one beside the tool that {@value #VARIABLE} names, or in the usual folders. */
    public static Optional<Path> program() {
        return tool().map(tool -> tool.resolveSibling(NAME));
    }

    private static Optional<Path> tool() {
        return find(TOOL, VARIABLE, FIRST)
                .flatMap(tool -> DEBIAN.equals(tool.getParent()) ? find(TOOL, "", FIRST) : Optional.of(tool));
    }

    @Override
    public String scheme() {
        return "amqp";
    }

    @Override
    List<String> arguments(Path data) {
        try {
            // An empty list: without the file, plugins of the installation would start.
            Files.writeString(data.resolve("plugins"), "[].\n");
            Files.writeString(data.resolve("rabbitmq.conf"), "disk_free_limit.absolute = 1MB\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return List.of();
    }

    @Override
    void environment(Path data, Map<String, String> variables) {
        variables.keySet().removeIf(name -> name.startsWith("RABBITMQ_") || name.equals("NOTIFY_SOCKET"));
        variables.put("HOME", data.toString());
        variables.put("ERL_EPMD_PORT", Integer.toString(mapperPort));
        variables.put("ERL_EPMD_ADDRESS", "127.0.0.1");
        // It can be ended while a server that was killed is still registered.
        variables.put("ERL_EPMD_RELAXED_COMMAND_CHECK", "1");
        variables.put("RABBITMQ_NODENAME", nodeName);
        variables.put("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1");
        variables.put("RABBITMQ_NODE_PORT", Integer.toString(port()));
        variables.put("RABBITMQ_DIST_PORT", Integer.toString(nodesPort));
        variables.put("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}");
        variables.put("RABBITMQ_MNESIA_BASE", data.resolve("mnesia").toString());
        variables.put("RABBITMQ_LOG_BASE", data.resolve("log").toString());
        variables.put("RABBITMQ_PID_FILE", data.resolve("pid").toString());
        variables.put("RABBITMQ_ENABLED_PLUGINS_FILE", data.resolve("plugins").toString());
        variables.put("RABBITMQ_CONFIG_FILE", data.resolve("rabbitmq.conf").toString());
        variables.put("RABBITMQ_CONF_ENV_FILE", data.resolve("none").toString());
    }

    /**
     * Runs a command of {@code rabbitmqctl}.
     *
     * @return its output
     */
    public String control(String... command) {
        List<String> line = new ArrayList<>(List.of(tool().orElseThrow().toString(), "-q", "-n", nodeName));
        line.addAll(List.of(command));
        return run(line).orElseThrow(() -> new IllegalStateException("rabbitmqctl " + command[0] + " failed"));
    }

    /** The port mapper is no child of the server. */
    @Override
    void ended() {
        var _ = run(List.of("epmd", "-port", Integer.toString(mapperPort), "-kill"));
    }

    /** @return the output; empty: it failed */
    private Optional<String> run(List<String> command) {
        try {
            ChildProcess.Ended ended = ChildProcess.of(command)
                    .environment(variables -> environment(data(), variables))
                    .run(COMMAND_LIMIT);
            return ended.status() == 0 ? Optional.of(ended.out()) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
