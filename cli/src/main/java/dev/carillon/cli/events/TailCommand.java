package dev.carillon.cli.events;

import dev.carillon.base.CarillonException;
import dev.carillon.base.Text;
import dev.carillon.cli.base.AdminPort;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.OperatorOptions;
import dev.carillon.cli.base.Shutdown;
import dev.carillon.cli.base.WholeNumber;
import dev.carillon.scope.Selector;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code tail}: prints the events of a cluster as they pass. */
@Command(
        name = "tail",
        description = {
            "Prints the events of a tenant as they pass through the cluster, by the admin port of one node, until it is stopped. Data of private "
                    + "events is hidden, unless --read-token grants it.",
            "Exit status 1: the node refused, or could not be reached at first. Later it reconnects; events in between are missing."
        },
        sortOptions = false,
        footer = {
            "",
            "Example: what is broadcast to orders",
            "  export CARILLON_OPERATOR_TOKEN=...",
            "  ./carillon tail --scope 'topic:orders/*'"
        })
public final class TailCommand implements Callable<Integer> {
    private static final String READ_TOKEN = "CARILLON_READ_TOKEN";
    private static final List<String> KINDS = List.of("tab:", "session:", "user:", "route:", "topic:", "global");
    private static final long RECONNECT_MILLIS = 1_000;
    private static final String DATA = "data: ";

    private final Console console;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final AtomicReference<@Nullable InputStream> open = new AtomicReference<>();

    @SuppressWarnings("NullAway.Init") // By spec.
    private CommandSpec spec;

    @Mixin
    private OperatorOptions operator = new OperatorOptions();

    @Option(
            names = "--scope",
            paramLabel = "PATTERN",
            description = "Only events with a scope like this, such as topic:orders/*; may be repeated. Default: all.")
    private List<String> scopes = new ArrayList<>();

    @Option(names = "--tenant", paramLabel = "TENANT", description = "Tenant of the events. Default: default.")
    private @Nullable String tenant;

    @Option(
            names = "--read-token",
            paramLabel = "TOKEN",
            description =
                    "Token of a client; data of private events that it may read is shown. Default: " + READ_TOKEN + ".")
    private @Nullable String readToken;

    @Option(names = "--count", paramLabel = "N", description = "End after so many events.")
    private @Nullable Integer count;

    @Option(names = "--json", description = "Print one JSON object per line.")
    private boolean json;

    private TailCommand(Console console) {
        this.console = console;
    }

    public static CommandSpec spec(Console console) {
        TailCommand command = new TailCommand(console);
        CommandSpec spec = CommandSpec.forAnnotatedObject(command);
        command.spec = spec;
        OperatorOptions.addSecret(spec);
        return spec;
    }

    @Override
    public Integer call() throws InterruptedException {
        URI target = operator.target("/admin/tail" + query());
        TailLines lines = new TailLines(
                console.out(),
                json,
                count == null ? Integer.MAX_VALUE : WholeNumber.checked("count", count, 1, Integer.MAX_VALUE));
        String token = OperatorOptions.token(spec, console);
        String granted = readToken != null ? readToken : console.variables().get(READ_TOKEN);
        Map<String, String> headers = granted == null ? Map.of() : Map.of("Carillon-Read-Token", granted);
        Shutdown shutdown = new Shutdown(this::stop, this::stop);
        try (HttpClient client = AdminPort.client()) {
            follow(client, target, token, headers, lines);
            client.shutdownNow();
        }
        boolean _ = shutdown.wasRequested();
        return ExitCode.OK;
    }

    private void follow(HttpClient client, URI target, String token, Map<String, String> headers, TailLines lines)
            throws InterruptedException {
        boolean connected = false;
        while (!isStopped() && !lines.isComplete()) {
            try (InputStream events = AdminPort.stream(client, target, token, headers)) {
                open.set(events);
                if (connected) {
                    lines.reconnected();
                }
                connected = true;
                if (!isStopped()) {
                    read(events, lines);
                }
            } catch (IOException e) {
                if (!connected && !isStopped()) {
                    throw CommandException.failed("cannot connect to " + target.resolve("/")
                            + ": start the node, or set --url to its admin port");
                }
            }
            if (!lines.isComplete()) {
                boolean _ = stopped.await(RECONNECT_MILLIS, TimeUnit.MILLISECONDS);
            }
        }
    }

    private void read(InputStream events, TailLines lines) throws IOException {
        BufferedReader reader = new BufferedReader(new InputStreamReader(events, StandardCharsets.UTF_8));
        for (String line = reader.readLine(); line != null && !lines.isComplete(); line = reader.readLine()) {
            if (line.startsWith(DATA)) {
                lines.print(line.substring(DATA.length()));
                if (lines.isComplete()) {
                    return;
                }
            }
        }
    }

    private boolean isStopped() {
        return stopped.getCount() == 0;
    }

    private void stop() {
        stopped.countDown();
        InputStream events = open.get();
        if (events != null) {
            try {
                events.close();
            } catch (IOException e) {
                // It has ended.
            }
        }
    }

    private String query() {
        List<String> parameters = new ArrayList<>();
        for (String scope : scopes) {
            check(scope);
            parameters.add(OperatorOptions.parameter("scope", scope));
        }
        if (tenant != null) {
            parameters.add(OperatorOptions.parameter("tenant", OperatorOptions.checkedTenant(tenant)));
        }
        return OperatorOptions.query(parameters);
    }

    /** A pattern that no scope can match is a mistake. */
    private static void check(String scope) {
        String pattern = selector(scope).pattern();
        int star = pattern.indexOf('*');
        String begin = star < 0 ? pattern : pattern.substring(0, star);
        if (KINDS.stream().noneMatch(kind -> begin.startsWith(kind) || star >= 0 && kind.startsWith(begin))) {
            throw CommandException.misused("scope: " + Text.printable(pattern, 100)
                    + ": must begin with tab:, session:, user:, route: or topic:, or be global");
        }
    }

    private static Selector selector(String scope) {
        try {
            return new Selector(scope);
        } catch (CarillonException e) {
            throw CommandException.misused(String.valueOf(e.getMessage()));
        }
    }
}
