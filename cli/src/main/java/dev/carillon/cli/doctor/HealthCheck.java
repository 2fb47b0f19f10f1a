package dev.carillon.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the server says about itself without a token: the checks {@code health}, {@code version} and {@code clock}. */
final class HealthCheck implements Check {
    private static final String HEALTH = "health";
    private static final String VERSION = "version";
    private static final String CLOCK = "clock";
    private static final Pattern DESCRIBED = Pattern.compile("(?m)^  version: ([0-9]+\\.\\S{1,40})$");
    private static final String UNKNOWN = "development";
    /** The header {@code Date} has whole seconds. */
    private static final Duration EXACT = Duration.ofSeconds(2);
    /** A token may begin so long after the node's clock. */
    private static final Duration TOLERATED = Duration.ofSeconds(60);

    private static final int TIMES = 3;

    private final Set<String> clusters = new TreeSet<>();
    private Duration ahead = Duration.ZERO;

    /** The clusters that answered; empty behind a proxy that answers for its nodes. */
    Set<String> clusters() {
        return clusters;
    }

    /** How far the server's clock is ahead of that of this machine; zero if it is not known. */
    Duration ahead() {
        return ahead;
    }

    @Override
    public List<String> names() {
        return List.of(HEALTH, VERSION, CLOCK);
    }

    @Override
    public void run(Probe probe, Consumer<Finding> found) throws ProbeException, InterruptedException {
        Answer answer = probe.get("/_health", Map.of());
        cluster(answer);
        for (int i = 1; i < TIMES; i++) {
            cluster(probe.get("/_health", Map.of()));
        }
        Finding health = health(answer);
        found.accept(health);
        if (health.status() != Finding.Status.FAIL) {
            found.accept(version(probe, answer));
        }
        found.accept(clock(answer));
    }

    private void cluster(Answer answer) {
        String id = answer.header("Carillon-Cluster");
        if (!id.isEmpty()) {
            clusters.add(id);
        }
    }

    private static Finding health(Answer answer) {
        // In a problem it is a number.
        JsonNode said = answer.json().path("status");
        String status = said.isTextual() ? said.asText() : "";
        if (status.isEmpty()) {
            return answer.code().isEmpty()
                    ? Finding.fail(
                            HEALTH,
                            "/_health answers " + answer.said() + ", which is not Carillon's answer",
                            "check the address; a base path belongs into --url, and the proxy must pass all paths below it to the nodes")
                    : Finding.fail(
                            HEALTH,
                            "/_health answers " + answer.said(),
                            "start a node, or look at the proxy's own health checks");
        }
        return switch (status) {
            case "ok" -> Finding.ok(HEALTH, "ok, in " + answer.millis() + " ms");
            case "degraded" ->
                Finding.warn(
                        HEALTH,
                        "degraded: the broker is unavailable or refuses writes",
                        "look at the broker and at /health of the admin port");
            default ->
                Finding.fail(
                        HEALTH,
                        status + ", with status " + answer.status(),
                        "a node that drains must get no new clients: check the proxy's health checks, docs/proxies.md");
        };
    }

    private static Finding version(Probe probe, Answer health) throws ProbeException, InterruptedException {
        String own = probe.target().version();
        Set<String> versions = new TreeSet<>();
        Set<String> tags = new TreeSet<>();
        for (int i = 0; i < TIMES; i++) {
            Answer described = probe.get("/openapi.yaml", Map.of());
            Matcher version = DESCRIBED.matcher(described.body());
            if (described.status() == 200 && described.body().startsWith("openapi:")) {
                tags.add(described.header("ETag"));
            }
            if (described.status() == 200 && version.find()) {
                versions.add(version.group(1));
            }
        }
        JsonNode said = health.json().path("version");
        if (said.isTextual() && !said.asText().equals(UNKNOWN)) {
            versions.add(said.asText());
        }
        if (versions.size() > 1 || tags.size() > 1) {
            return Finding.warn(
                    VERSION,
                    "nodes of different releases answer: "
                            + (versions.isEmpty() ? "/openapi.yaml differs" : String.join(", ", versions)),
                    "expected during an upgrade only: finish it, docs/upgrading.md");
        }
        if (versions.isEmpty()) {
            return Finding.skip(
                    VERSION, "the nodes do not say it without health-detail", "it is in /health of their admin ports");
        }
        String theirs = versions.iterator().next();
        return own.equals(theirs) || own.equals(UNKNOWN)
                ? Finding.ok(VERSION, theirs)
                : Finding.warn(
                        VERSION,
                        "the nodes run " + theirs + ", and this command is of " + own,
                        "use the command of their release");
    }

    private Finding clock(Answer answer) {
        Optional<Instant> date = date(answer.header("Date"));
        if (date.isEmpty()) {
            return Finding.skip(CLOCK, "the answer has no Date", "");
        }
        Duration difference = Duration.between(answer.middle(), date.get().plusMillis(500));
        Duration size = difference.abs();
        if (size.compareTo(EXACT.plus(answer.taken())) <= 0) {
            return Finding.ok(CLOCK, "the same as here");
        }
        ahead = difference;
        String message = "the server's clock is " + size.toSeconds() + " s "
                + (difference.isNegative() ? "behind" : "ahead of") + " the clock here";
        String advice =
                "synchronise the clocks of nodes and of the machine that makes tokens (NTP): exp has no tolerance, and nbf 60 s";
        return size.compareTo(TOLERATED) <= 0
                ? Finding.warn(CLOCK, message, advice)
                : Finding.fail(CLOCK, message, advice);
    }

    private static Optional<Instant> date(String text) {
        try {
            return text.isEmpty()
                    ? Optional.empty()
                    : Optional.of(ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toInstant());
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
