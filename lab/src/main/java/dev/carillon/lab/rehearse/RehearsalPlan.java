package dev.carillon.lab.rehearse;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * A rehearsal.
 *
 * @param url of the cluster, as users reach it, without a path or with the base path and no slash at its end
 * @param tls trusted certificates; empty: those of the JVM
 * @param topic that the users subscribe to
 * @param pages paths of ordinary requests, in turn
 * @param token with which events are broadcast and read; empty: no broadcasts
 */
public record RehearsalPlan(
        URI url,
        Optional<SSLContext> tls,
        Crowd crowd,
        Traffic traffic,
        Duration length,
        String topic,
        List<String> pages,
        Optional<String> token) {
    public RehearsalPlan {
        pages = List.copyOf(pages);
    }

    /** Without the token. */
    @Override
    public String toString() {
        return crowd.users() + " users at " + url + " for " + length.toSeconds() + " s";
    }

    /**
     * The users.
     *
     * @param arrivalsPerSecond users who arrive in a second, until all are there
     * @param staySeconds mean time that a stream stays open before its user loads the page again
     */
    public record Crowd(int users, double arrivalsPerSecond, double staySeconds, long seed) {}

    /**
     * What they do.
     *
     * @param requestsPerSecond ordinary requests of all users together
     * @param broadcastsPerSecond events for all users
     */
    public record Traffic(double requestsPerSecond, double broadcastsPerSecond) {}
}
