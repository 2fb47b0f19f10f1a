package dev.carillon.cli.scale;

import dev.carillon.base.PrintableUrl;
import dev.carillon.cli.base.BearerToken;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.Shutdown;
import dev.carillon.cli.base.Variables;
import dev.carillon.cli.base.WholeNumber;
import dev.carillon.lab.rehearse.Rehearsal;
import dev.carillon.lab.rehearse.RehearsalPlan;
import dev.carillon.lab.rehearse.RehearsalResult;
import dev.carillon.lab.report.RehearsalTable;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench rehearse}: a deployed cluster, as users would use it. */
@Command(
        name = "rehearse",
        description = {
            "Uses a deployed cluster through its own proxy as browsers do: cookies, TLS, HTTP/2 where the server speaks it, event streams "
                    + "that reconnect, ordinary requests beside them. Prints errors and times by route. With a token it also broadcasts "
                    + "events and measures their delivery. At most 200 users, 50 requests a second and 10 minutes, unless --i-own-this "
                    + "says that the cluster is yours to load.",
            "Exit status 1: a request was answered with 5xx or not at all, a stream was refused for a time, a gap was announced, or no stream "
                    + "opened."
        },
        sortOptions = false,
        footer = {
            "",
            "Example: 100 users for a minute",
            "  CARILLON_TOKEN=… ./carillon bench rehearse --url https://events.example.com --users 100"
        })
public final class RehearseCommand implements Callable<Integer> {
    private static final Bounds USUAL = new Bounds(200, 50, 600);
    private static final Bounds OWNER = new Bounds(2_000, 1_000, 7_200);
    private static final int MAX_PAGES = 20;

    private record Bounds(int users, int requests, int seconds) {}

    private final Console console;

    @Option(names = "--url", paramLabel = "URL", required = true, description = "The cluster, as users reach it.")
    private String url = "";

    @Option(
            names = "--token",
            paramLabel = "TOKEN",
            description = "Token of the streams and of broadcasts to the topic of the rehearsal. Variable: "
                    + Variables.TOKEN + ". Default: streams without a token, and no broadcasts.")
    private @Nullable String token;

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            description = "Certificates that are trusted, as PEM. Default: those of the JVM.")
    private @Nullable Path ca;

    @Option(names = "--users", paramLabel = "N", defaultValue = "50", description = "Users, 1 to 200. Default: 50.")
    private int users;

    @Option(
            names = "--arrivals",
            paramLabel = "N",
            defaultValue = "10",
            description = "Users who arrive in a second, 1 to 200. Default: 10.")
    private int arrivals;

    @Option(
            names = "--stay",
            paramLabel = "N",
            defaultValue = "30",
            description = "Seconds, on average, until a user loads the page again, 1 to 3600. Default: 30.")
    private int stay;

    @Option(
            names = "--requests",
            paramLabel = "N",
            defaultValue = "10",
            description = "Ordinary requests a second of all users together, 0 to 50. Default: 10.")
    private int requests;

    @Option(
            names = "--page",
            paramLabel = "PATH",
            description = "Path of an ordinary request; may be repeated. Default: /_health.")
    private List<String> pages = new ArrayList<>();

    @Option(
            names = "--broadcasts",
            paramLabel = "N",
            defaultValue = "1",
            description = "With a token: broadcasts a second, 0 to 50. Default: 1.")
    private int broadcasts;

    @Option(
            names = "--topic",
            paramLabel = "NAME",
            defaultValue = "rehearsal",
            description = "Topic that users subscribe to. Default: rehearsal.")
    private String topic = "";

    @Option(names = "--seconds", paramLabel = "N", defaultValue = "60", description = "Length, 1 to 600. Default: 60.")
    private int seconds;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Seed of what users do: the same seed gives the same moments. Default: 1.")
    private long seed;

    @Option(
            names = "--i-own-this",
            description =
                    "The cluster is yours to load: up to 2000 users, 1000 requests and broadcasts a second and 7200 seconds.")
    private boolean owner;

    public RehearseCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws InterruptedException {
        RehearsalPlan plan = plan();
        if (Console.isDryRun()) {
            return ExitCode.OK;
        }
        Rehearsal rehearsal = new Rehearsal(plan, line -> console.err().println("carillon: " + line));
        Shutdown _ =
                new Shutdown(rehearsal::endEarly, () -> Runtime.getRuntime().halt(ExitCode.FAILED));
        RehearsalResult result = rehearsal.run();
        console.out().print(new RehearsalTable(result).text());
        return result.isGood() ? ExitCode.OK : ExitCode.FAILED;
    }

    private RehearsalPlan plan() {
        String given = token != null ? token : console.variables().get(Variables.TOKEN);
        if (!topic.matches("[A-Za-z0-9._-]{1,100}")) {
            throw CommandException.misused("topic: " + topic + ": must be 1 to 100 letters, digits, dots, - or _");
        }
        List<String> paths = pages.isEmpty() ? List.of("/_health") : pages;
        if (paths.size() > MAX_PAGES) {
            throw CommandException.misused("page: " + paths.size() + " paths: must be at most " + MAX_PAGES);
        }
        for (String path : paths) {
            if (!path.matches("/[!-~]{0,500}")) {
                throw CommandException.misused("page: " + path + ": must be a path such as /board");
            }
        }
        return new RehearsalPlan(
                address(),
                ca == null ? Optional.empty() : Optional.of(TrustedFile.context(ca)),
                new RehearsalPlan.Crowd(
                        bounded("users", users, 1, USUAL.users, OWNER.users),
                        bounded("arrivals", arrivals, 1, USUAL.users, OWNER.users),
                        WholeNumber.checked("stay", stay, 1, 3_600),
                        seed),
                new RehearsalPlan.Traffic(
                        bounded("requests", requests, 0, USUAL.requests, OWNER.requests),
                        bounded("broadcasts", broadcasts, 0, USUAL.requests, OWNER.requests)),
                Duration.ofSeconds(bounded("seconds", seconds, 1, USUAL.seconds, OWNER.seconds)),
                topic,
                paths,
                given == null ? Optional.empty() : Optional.of(BearerToken.checked(given)));
    }

    /** What is more than usual needs the owner's consent. */
    private int bounded(String name, int value, int min, int usual, int most) {
        if (value > usual && value <= most && !owner) {
            throw CommandException.misused(
                    name + ": " + value + ": must be at most " + usual + ", or up to " + most + " with --i-own-this");
        }
        return WholeNumber.checked(name, value, min, owner ? most : usual);
    }

    private URI address() {
        try {
            URI uri = new URI(url.replaceFirst("/+$", ""));
            if (("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))
                    && uri.getHost() != null
                    && uri.getRawUserInfo() == null
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // Reported below.
        }
        throw CommandException.misused(
                "url: " + PrintableUrl.of(url) + ": must be an address such as https://events.example.com");
    }
}
