package dev.carillon.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.OutputFile;
import dev.carillon.cli.base.Shutdown;
import dev.carillon.lab.bench.FanoutNodes;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.load.Fanout;
import dev.carillon.lab.load.FanoutPlan;
import dev.carillon.lab.load.FanoutResult;
import dev.carillon.lab.report.FanoutPage;
import dev.carillon.lab.report.FanoutTable;
import dev.carillon.process.PipeReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench fanout}: the load generator for fan-out. */
@Command(
        name = "fanout",
        description = {
            "Load generator: opens connections, broadcasts events, accounts for every delivery, and measures latency and cost; with nodes "
                    + "that it starts, or with the nodes at --url. Latency counts from when an event was due, however late it was sent. "
                    + "Ctrl-C ends the run early and prints the result until then.",
            "Exit status 1: the load generator was the bottleneck, so that the figures do not measure the nodes; or a connection ended, "
                    + "or did not receive every event once and in order."
        },
        sortOptions = false,
        footer = {
            "",
            "Example: 10,000 browsers, 20 events per second, and a page with plots",
            "  ./carillon bench fanout --connections 10000 --rate 20 --html fanout.html"
        })
final class FanoutCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private FanoutOptions options = new FanoutOptions();

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the result to this file, as JSON.")
    private @Nullable Path json;

    @Option(
            names = "--html",
            paramLabel = "FILE",
            description = "Also write a self-contained page with plots to this file.")
    private @Nullable Path html;

    @Option(names = Commands.STOP_WITH_STDIN, description = "End the run early when standard input ends.")
    private boolean stopWithStdin;

    FanoutCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws InterruptedException {
        options.check(console.variables());
        OutputFile.mustBeWritable("json", json);
        OutputFile.mustBeWritable("html", html);
        try (FanoutNodes nodes = nodes()) {
            Fanout fanout = new Fanout(plan(nodes), line -> console.err().println("carillon: " + line));
            // A second signal exits without the result.
            Shutdown _ = new Shutdown(fanout::endEarly, () -> {
                nodes.kill();
                Runtime.getRuntime().halt(ExitCode.FAILED);
            });
            if (stopWithStdin) {
                endWithInput(fanout);
            }
            FanoutResult result = fanout.run();
            console.out().print(new FanoutTable(result).text());
            OutputFile.write("json", json, () -> json(result));
            OutputFile.write("html", html, () -> new FanoutPage(result).html());
            return result.valid() && result.clean() ? ExitCode.OK : ExitCode.FAILED;
        }
    }

    /** The nodes at --url, or started nodes, whose output goes to standard error: standard output is for the result. */
    private FanoutNodes nodes() {
        return options.token()
                .map(token -> FanoutNodes.existing(options.targets(), options.pids(), token))
                .orElseGet(() -> FanoutNodes.start(console.commands(), options.startPlan(), console.err()));
    }

    private FanoutPlan plan(FanoutNodes nodes) {
        return new FanoutPlan(
                options.listening(nodes.addresses(), nodes.listenToken()),
                options.broadcasting(nodes.broadcastToken()),
                options.length(),
                new FanoutPlan.Monitored(
                        nodes.pids(), nodes.areStarted(), options.anyStalled() ? nodes.slow(options.slow()) : null));
    }

    private void endWithInput(Fanout fanout) {
        PipeReader.start("end-with-stdin", () -> {
            try {
                console.in().transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // Treated as the end of the input.
            }
            fanout.endEarly();
        });
    }

    private static String json(FanoutResult result) {
        try {
            return JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(result) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
