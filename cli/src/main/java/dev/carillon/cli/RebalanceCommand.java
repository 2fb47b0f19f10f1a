package dev.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.base.Text;
import dev.carillon.cli.base.AdminPort;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.OperatorOptions;
import dev.carillon.cli.base.WholeNumber;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code rebalance}: moves streams from crowded nodes to others. */
@Command(
        name = "rebalance",
        description = {
            "Moves streams of a running cluster from crowded nodes to others, until all have about the same number: after a node was added, or "
                    + "after a restart. Clients resume and miss nothing. Prints a line for each change.",
            "Exit status 1: it was refused or stopped, or the shares are not even after its last round."
        },
        sortOptions = false,
        footer = {
            "",
            "Example: after a node was added",
            "  export CARILLON_OPERATOR_TOKEN=...",
            "  ./carillon rebalance --url http://127.0.0.1:9080"
        })
final class RebalanceCommand implements Callable<Integer> {
    private static final String PATH = "/admin/rebalance";
    private static final int ACCEPTED = 202;
    private static final int MAX_RATE = 10_000;
    private static final int MAX_PERCENT = 50;
    private static final int MAX_SHOWN = 500;
    private static final long POLL_MILLIS = 500;

    private final Console console;

    @SuppressWarnings("NullAway.Init") // By spec.
    private CommandSpec spec;

    @Mixin
    private OperatorOptions operator = new OperatorOptions();

    @Option(
            names = "--rate",
            paramLabel = "N",
            description =
                    "Streams per second that each crowded node releases, 1 to 10000. Default: the node's rebalance-rate.")
    private @Nullable Integer rate;

    @Option(
            names = "--within",
            paramLabel = "PERCENT",
            description = "Difference from the mean that is left alone, as in 5%%, 1 to 50. Default: 5%%.")
    private @Nullable String within;

    private RebalanceCommand(Console console) {
        this.console = console;
    }

    static CommandSpec spec(Console console) {
        RebalanceCommand command = new RebalanceCommand(console);
        CommandSpec spec = CommandSpec.forAnnotatedObject(command);
        command.spec = spec;
        OperatorOptions.addSecret(spec);
        return spec;
    }

    @Override
    public Integer call() throws InterruptedException {
        String query = query();
        URI target = operator.target(PATH);
        String token = OperatorOptions.token(spec, console);
        JsonNode now = AdminPort.call("POST", target.resolve(PATH + query), token, ACCEPTED);
        String shown = "";
        while (true) {
            String line = line(now);
            if (!line.equals(shown)) {
                shown = line;
                console.out().println(line);
            }
            switch (now.path("phase").asText()) {
                case "running" -> {}
                case "even" -> {
                    return ExitCode.OK;
                }
                default ->
                    throw CommandException.failed("the shares are not even"
                            + (now.has("detail")
                                    ? ": " + Text.printable(now.path("detail").asText(), MAX_SHOWN)
                                    : " after the last round"));
            }
            Thread.sleep(POLL_MILLIS);
            now = AdminPort.call("GET", target, token);
        }
    }

    private String query() {
        String percent = within == null ? null : within.replaceFirst("%$", "");
        String query = (rate == null ? "" : "&rate=" + WholeNumber.checked("rate", rate, 1, MAX_RATE))
                + (percent == null ? "" : "&within=" + WholeNumber.checked("within", number(percent), 1, MAX_PERCENT));
        return query.isEmpty() ? "" : "?" + query.substring(1);
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw CommandException.misused("within: must be a whole number of percent, as in 5%");
        }
    }

    private static String line(JsonNode progress) {
        String streams = progress.path("streams").properties().stream()
                .map(RebalanceCommand::share)
                .collect(Collectors.joining(", "));
        return "rebalance: " + Text.printable(progress.path("phase").asText(), MAX_SHOWN) + ", round "
                + progress.path("round").asInt() + ", released "
                + progress.path("released").asInt() + "; streams: " + Text.printable(streams, MAX_SHOWN);
    }

    private static String share(Map.Entry<String, JsonNode> node) {
        return node.getKey() + " " + node.getValue().asInt();
    }
}
