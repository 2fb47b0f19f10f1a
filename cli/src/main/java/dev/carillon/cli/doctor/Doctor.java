package dev.carillon.cli.doctor;

import dev.carillon.base.Platform;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Runs the checks one after the other. */
final class Doctor {
    private final Target target;
    private final Platform platform;
    private final List<Finding> findings = new ArrayList<>();
    private final Consumer<Finding> listener;
    private final Redaction redaction;
    private boolean isTimeUp;

    /** @param listener receives each finding as soon as it is known */
    Doctor(Target target, Platform platform, Consumer<Finding> listener) {
        this.target = target;
        this.platform = platform;
        this.listener = listener;
        this.redaction = new Redaction(target.token());
    }

    /** Runs all checks that make sense. */
    List<Finding> run() throws InterruptedException {
        try (Probe probe = new Probe(target, platform)) {
            ConnectionCheck connection = new ConnectionCheck();
            add(connection, probe);
            if (!connection.isReached()) {
                return findings;
            }
            HealthCheck health = new HealthCheck();
            add(health, probe);
            TokenCheck token = new TokenCheck(health);
            add(token, probe);
            add(new CorsCheck(), probe);
            if (!token.isAdmitted() && !isTimeUp) {
                note(Finding.skip(StreamCheck.STREAM, "see the check token", ""));
                return findings;
            }
            StreamCheck streams = new StreamCheck(health.clusters());
            add(streams, probe);
            if (!streams.firstNode().isEmpty()) {
                add(new CookieCheck(streams), probe);
                add(new IdleCheck(), probe);
            }
            add(new WebSocketCheck(), probe);
        }
        return findings;
    }

    private void add(Check check, Probe probe) throws InterruptedException {
        try {
            check.run(probe, this::note);
        } catch (TimeIsUpException e) {
            isTimeUp = true;
            unfinished(check)
                    .forEach(name -> note(Finding.skip(
                            name,
                            String.valueOf(e.getMessage()),
                            "mend what took so long, or give a longer --timeout")));
        } catch (ProbeException e) {
            List<String> unfinished = unfinished(check);
            note(Finding.fail(
                    unfinished.isEmpty() ? check.names().getLast() : unfinished.getFirst(),
                    String.valueOf(e.getMessage()),
                    check.advice()));
        }
    }

    private List<String> unfinished(Check check) {
        return check.names().stream()
                .filter(name ->
                        findings.stream().noneMatch(finding -> finding.check().equals(name)))
                .toList();
    }

    private void note(Finding finding) {
        Finding shown = new Finding(
                finding.check(),
                finding.status(),
                redaction.printed(finding.message()),
                redaction.printed(finding.advice()));
        findings.add(shown);
        listener.accept(shown);
    }
}
