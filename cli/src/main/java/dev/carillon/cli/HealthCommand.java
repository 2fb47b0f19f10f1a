package dev.carillon.cli;

import dev.carillon.base.Settings;
import dev.carillon.base.Text;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.ServerUrl;
import dev.carillon.edge.VerifiedTls;
import dev.carillon.node.NodeKeys;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code health}: tells by its exit status whether a node is ready, for images and scripts without an HTTP client. */
@Command(
        name = "health",
        description = {
            "Checks whether a node is ready for clients, by its admin port. Exit status 0: ready; 1: not ready, draining or not reachable."
        },
        sortOptions = false,
        footer = {"", "Example: the node of this machine", "  ./carillon health --url http://127.0.0.1:9080"})
final class HealthCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final int MAX_ANSWER = 200;

    private final Console console;

    @Option(
            names = "--url",
            paramLabel = "URL",
            description =
                    "URL of the node's admin port. Default: http://127.0.0.1:PORT, with the port in CARILLON_ADMIN_PORT or 9080.")
    private @Nullable String url;

    private HealthCommand(Console console) {
        this.console = console;
    }

    static CommandSpec spec(Console console) {
        return CommandSpec.forAnnotatedObject(new HealthCommand(console));
    }

    @Override
    public Integer call() {
        URI target = target();
        try (HttpClient client = HttpClient.newBuilder()
                .sslContext(VerifiedTls.context())
                .connectTimeout(TIMEOUT)
                .build()) {
            HttpResponse<String> answer = client.send(
                    HttpRequest.newBuilder(target).timeout(TIMEOUT).build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() == 200) {
                console.out().println("ready");
                return ExitCode.OK;
            }
            throw CommandException.failed("not ready: " + target + " answered " + answer.statusCode() + ": "
                    + Text.printable(answer.body(), MAX_ANSWER));
        } catch (ConnectException e) {
            throw CommandException.failed(
                    "not ready: cannot connect to " + target + ": start the node, or set --url to its admin port");
        } catch (HttpTimeoutException e) {
            throw CommandException.failed(
                    "not ready: " + target + " did not answer within " + TIMEOUT.toSeconds() + " s");
        } catch (IOException e) {
            throw CommandException.failed("not ready: " + target + " failed: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted");
        }
    }

    private URI target() {
        String port = console.variables().getOrDefault(NodeKeys.ADMIN_PORT.variable(), "");
        Settings settings = Settings.of(
                List.of(NodeKeys.ADMIN_PORT), port.isEmpty() ? Map.of() : Map.of(NodeKeys.ADMIN_PORT.name(), port));
        String given = url != null ? url : "http://127.0.0.1:" + settings.get(NodeKeys.ADMIN_PORT);
        return ServerUrl.of(given, "/health/ready", "http://127.0.0.1:9080");
    }
}
