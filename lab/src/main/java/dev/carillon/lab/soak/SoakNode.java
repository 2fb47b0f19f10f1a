package dev.carillon.lab.soak;

import dev.carillon.jwt.JwtConfig;
import dev.carillon.lab.LabException;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.cluster.ListenAddresses;
import dev.carillon.lab.cluster.ServiceProcess;
import dev.carillon.lab.cluster.Tokens;
import dev.carillon.node.NodeKeys;
import dev.carillon.process.LiveHeap;
import dev.carillon.scope.Selector;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A node under observation, as a process of its own that ends with this one. */
final class SoakNode implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(90);
    /** Longer than any run. */
    private static final Duration TOKEN_LIFETIME = Duration.ofDays(90);
    /** A heap of fixed size, touched at the start: what grows after that is outside of the heap, or live. */
    private static final String MEMORY = "-Xms160m -Xmx160m -XX:+AlwaysPreTouch";

    private final String name;
    private final ServiceProcess<ListenAddresses> process;
    private final ListenAddresses addresses;
    private final Tokens tokens;
    private final String operatorToken = Tokens.randomKey();

    /** @param more variables */
    SoakNode(Commands commands, String name, String broker, Map<String, String> more, PrintStream log) {
        this.name = name;
        String key = Tokens.randomKey();
        this.tokens = Tokens.of(JwtConfig.of("HS256", key, true)).orElseThrow();
        Map<String, String> variables = commands.withoutSettings();
        variables.put(NodeKeys.JWT_KEY.variable(), key);
        variables.put(NodeKeys.SECRET.variable(), Tokens.randomKey());
        variables.put(NodeKeys.BROKER.variable(), broker);
        variables.put(NodeKeys.OPERATOR_TOKEN.variable(), operatorToken);
        variables.putAll(more);
        variables.merge("JDK_JAVA_OPTIONS", MEMORY, (given, memory) -> given + " " + memory);
        this.process = commands.start(
                name,
                List.of(
                        "serve",
                        Commands.STOP_WITH_STDIN,
                        "--node-id",
                        name,
                        "--port",
                        "0",
                        "--admin-port",
                        "0",
                        "--internal-port",
                        "0",
                        // The log is full soon, and its memory constant.
                        "--log-max-events",
                        "2000"),
                variables,
                ListenAddresses::parse,
                log);
        try {
            this.addresses = process.awaitReady(START);
        } catch (LabException e) {
            process.kill();
            throw e;
        }
    }

    String name() {
        return name;
    }

    int port() {
        return addresses.port();
    }

    String url() {
        return addresses.url();
    }

    String adminUrl() {
        return addresses.adminUrl();
    }

    String operatorToken() {
        return operatorToken;
    }

    String token() {
        return tokens.make(Tokens.Claims.EVERYTHING, TOKEN_LIFETIME);
    }

    /** A token that grants reading, for a user. */
    String token(String user) {
        return tokens.make(
                new Tokens.Claims(
                        Optional.of(user),
                        Optional.empty(),
                        List.of(),
                        List.of(new Selector("*")),
                        Tokens.Mercure.NOTHING),
                TOKEN_LIFETIME);
    }

    /** Resident memory in KiB. */
    long residentKib() {
        try {
            return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .map(line -> line.replaceAll("\\D", ""))
                    .mapToLong(Long::parseLong)
                    .findFirst()
                    .orElseThrow(() -> LabException.failed("node " + name + " has ended"));
        } catch (IOException e) {
            throw LabException.failed("node " + name + " has ended, or this system has no /proc");
        }
    }

    /** Live heap in KiB, after a garbage collection. */
    long liveHeapKib() {
        return LiveHeap.bytes(process.pid()) / 1024;
    }

    @Override
    public void close() {
        process.kill();
    }
}
