package dev.carillon.cli.doctor;

import dev.carillon.cli.doctor.EventStream.Comment;
import dev.carillon.cli.doctor.EventStream.End;
import dev.carillon.cli.doctor.EventStream.Part;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Whether a quiet stream stays open, and its heartbeats arrive: the check {@code idle}. */
final class IdleCheck implements Check {
    private static final String IDLE = "idle";
    /** A default heartbeat, and some time for it to arrive. */
    private static final Duration HEARTBEAT = Duration.ofSeconds(20);

    @Override
    public List<String> names() {
        return List.of(IDLE);
    }

    @Override
    public void run(Probe probe, Consumer<Finding> found) throws ProbeException, InterruptedException {
        found.accept(finding(probe));
    }

    private static Finding finding(Probe probe) throws ProbeException, InterruptedException {
        Duration idle = probe.target().idle();
        if (idle.isZero()) {
            return Finding.skip(IDLE, "--idle is 0", "give --idle 60");
        }
        try (EventStream stream = probe.stream("/events", Map.of())) {
            long opened = probe.platform().nanoTime().getAsLong();
            long end = opened + idle.toNanos();
            long last = opened;
            Duration longest = Duration.ZERO;
            int heartbeats = 0;
            Part part = next(stream, probe, end);
            while (part != null && !(part instanceof End)) {
                longest = longer(longest, Duration.ofNanos(part.at() - last));
                last = part.at();
                heartbeats += part instanceof Comment ? 1 : 0;
                part = next(stream, probe, end);
            }
            if (part == null) {
                longest = longer(longest, Duration.ofNanos(end - last));
            }
            return part instanceof End
                    ? Finding.fail(
                            IDLE,
                            "a quiet stream ended after " + seconds(Duration.ofNanos(part.at() - opened)),
                            "raise the time limits of the proxy for responses and for silence: the latter must be longer than heartbeat (15 s) of the nodes")
                    : open(idle, heartbeats, longest);
        }
    }

    private static Finding open(Duration idle, int heartbeats, Duration longest) {
        if (heartbeats > 0) {
            return Finding.ok(
                    IDLE,
                    "a quiet stream was open for " + seconds(idle) + ", with " + heartbeats
                            + " heartbeats; the longest silence was " + seconds(longest));
        }
        return idle.compareTo(HEARTBEAT) < 0
                ? Finding.ok(
                        IDLE,
                        "a quiet stream was open for " + seconds(idle)
                                + "; time limits of a proxy are often 60 s: --idle 90 waits for them, and for heartbeats")
                : Finding.warn(
                        IDLE,
                        "a quiet stream was open for " + seconds(idle) + " without a heartbeat",
                        "heartbeat of the nodes should be shorter than every idle time limit on the way (it is 15 s by default)");
    }

    private static @Nullable Part next(EventStream stream, Probe probe, long end) throws InterruptedException {
        return stream.next(Duration.ofNanos(end - probe.platform().nanoTime().getAsLong()));
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? b : a;
    }

    private static String seconds(Duration length) {
        return Math.round(length.toMillis() / 100.0) / 10.0 + " s";
    }
}
