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

    /** @param listener receives each finding as soon as it is known */
    Doctor(Target target, Platform platform, Consumer<Finding> listener) {
        this.target = target;
        this.platform = platform;
        this.listener = listener;
    }

    /**
     * Runs all checks that make sense.
     *
     * @throws IllegalArgumentException if the file of authorities has no certificate
     */
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
            if (!token.isAdmitted()) {
                note(Finding.skip(StreamCheck.STREAM, "the client is not let in", "mend what is said of the token"));
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
        } catch (ProbeException e) {
            String unfinished = check.names().stream()
                    .filter(name -> findings.stream()
                            .noneMatch(finding -> finding.check().equals(name)))
                    .findFirst()
                    .orElseGet(() -> check.names().getLast());
            note(Finding.fail(unfinished, String.valueOf(e.getMessage()), check.advice()));
        }
    }

    private void note(Finding finding) {
        findings.add(finding);
        listener.accept(finding);
    }
}
