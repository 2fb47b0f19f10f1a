package dev.carillon.cli.doctor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.Platform;
import dev.carillon.base.PrintableUrl;
import dev.carillon.base.Text;
import dev.carillon.cli.base.BearerToken;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.Variables;
import dev.carillon.cli.base.WholeNumber;
import dev.carillon.edge.VerifiedTls;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code doctor}: what a client would meet at an address, each finding with what to do. */
@Command(
        name = "doctor",
        description = {
            "Reaches a node, or a cluster through its proxy, as a client would, and prints one line per check: ok, warn, fail or skip (not "
                    + "checked), what was seen and what to do. With a token that may broadcast to topic:carillon-doctor/* it also broadcasts "
                    + "one event to streams of its own.",
            "Exit status 1: a check failed."
        },
        sortOptions = false,
        footer = {
            "",
            "Example: a cluster behind a proxy, for pages of another origin, with a stream that is kept open for 90 seconds",
            "  CARILLON_TOKEN=… ./carillon doctor --url https://events.example.com --origin https://www.example.com --idle 90"
        })
public final class DoctorCommand implements Callable<Integer> {
    private static final String URL_DEFAULT = "http://127.0.0.1:8080";
    private static final int WIDTH = 12;
    private static final int MAX_LINE = 600;

    private final Console console;
    private final String version;

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "The cluster, as clients reach it, with a base path if it has one. Default: " + URL_DEFAULT
                    + ". Variable: " + Variables.URL + ".")
    private @Nullable String url;

    @Option(
            names = "--token",
            paramLabel = "TOKEN",
            description = "Token of the requests, which is never printed. Variable: " + Variables.TOKEN
                    + ". Default: requests without a token.")
    private @Nullable String token;

    @Option(
            names = "--origin",
            paramLabel = "ORIGIN",
            description =
                    "Origin of the pages that use the cluster, such as https://www.example.com: whether they may (CORS).")
    private @Nullable String origin;

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            description = "Certificates that are trusted, as PEM. Default: those of the JVM.")
    private @Nullable Path ca;

    @Option(
            names = "--idle",
            paramLabel = "N",
            defaultValue = "3",
            description = "Seconds for which a quiet stream is kept open, 0 to 120. Default: 3.")
    private int idle;

    @Option(
            names = "--timeout",
            paramLabel = "N",
            defaultValue = "5",
            description =
                    "Seconds that a request may take, 1 to 30. All together take at most 30 s and six times as long, besides --idle. Default: 5.")
    private int timeout;

    @Option(names = "--json", description = "Print one JSON object instead of lines.")
    private boolean json;

    /** @param version of this release */
    public DoctorCommand(Console console, String version) {
        this.console = console;
        this.version = version;
    }

    @Override
    public Integer call() throws InterruptedException {
        Target target = target();
        List<Finding> findings = new Doctor(target, Platform.system(), this::print).run();
        boolean failed = findings.stream().anyMatch(finding -> finding.status() == Finding.Status.FAIL);
        if (json) {
            console.out().println(json(target, findings, !failed));
        }
        return failed ? ExitCode.FAILED : ExitCode.OK;
    }

    private void print(Finding finding) {
        if (!json) {
            String line = finding.message() + (finding.advice().isEmpty() ? "" : "; " + finding.advice());
            console.out()
                    .println(finding.status().text()
                            + " ".repeat(6 - finding.status().text().length())
                            + finding.check()
                            + " ".repeat(Math.max(1, WIDTH - finding.check().length()))
                            + Text.printable(line, MAX_LINE));
        }
    }

    private static ObjectNode json(Target target, List<Finding> findings, boolean ok) {
        ObjectNode all = JsonNodeFactory.instance.objectNode();
        all.put("url", target.url().toString()).put("ok", ok);
        ArrayNode checks = all.putArray("checks");
        findings.forEach(finding -> checks.addObject()
                .put("check", finding.check())
                .put("status", finding.status().text())
                .put("message", Text.printable(finding.message(), MAX_LINE))
                .put("advice", Text.printable(finding.advice(), MAX_LINE)));
        return all;
    }

    private Target target() {
        String given = Objects.requireNonNullElse(token, console.variables().getOrDefault(Variables.TOKEN, ""));
        if (origin != null && !origin.matches("https?://[!-~&&[^/*]]+")) {
            throw CommandException.misused("origin: " + Text.printable(origin, 100)
                    + ": must be an origin such as https://app.example.com, without a path");
        }
        return new Target(
                address(),
                given.isEmpty() ? Optional.empty() : Optional.of(BearerToken.checked(given)),
                Optional.ofNullable(origin),
                authorities(),
                Duration.ofSeconds(WholeNumber.checked("timeout", timeout, 1, 30)),
                Duration.ofSeconds(WholeNumber.checked("idle", idle, 0, 120)),
                version);
    }

    private SSLContext authorities() {
        if (ca == null) {
            return VerifiedTls.context();
        }
        try {
            return VerifiedTls.trusting(ca);
        } catch (IllegalArgumentException e) {
            throw CommandException.misused(
                    "ca: " + Text.printable(ca.toString(), 100) + ": must be a readable file of certificates in PEM");
        }
    }

    private URI address() {
        String given = Objects.requireNonNullElse(url, console.variables().getOrDefault(Variables.URL, URL_DEFAULT));
        try {
            URI uri = new URI(given.replaceFirst("/+$", ""));
            if (("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))
                    && uri.getHost() != null
                    && uri.getPort() != 0
                    && uri.getPort() <= 65_535
                    && uri.getRawUserInfo() == null
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // Reported below.
        }
        throw CommandException.misused(
                "url: " + PrintableUrl.of(given) + ": must be an address such as https://events.example.com");
    }
}
