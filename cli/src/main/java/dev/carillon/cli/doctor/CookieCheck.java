package dev.carillon.cli.doctor;

import dev.carillon.cli.doctor.EventStream.Event;
import dev.carillon.cli.doctor.EventStream.Part;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Whether cookies keep a browser at its node, and their attributes: the checks {@code sticky} and {@code cookies}. */
final class CookieCheck implements Check {
    private static final String STICKY = "sticky";
    private static final String COOKIES = "cookies";
    private static final int TIMES = 3;

    private final StreamCheck streams;

    CookieCheck(StreamCheck streams) {
        this.streams = streams;
    }

    @Override
    public List<String> names() {
        return List.of(STICKY, COOKIES);
    }

    /** A cookie that a server set. */
    private record Cookie(String name, String value, Set<String> attributes) {
        static Cookie of(String header) {
            String[] parts = header.split(";", 20);
            String[] pair = parts[0].split("=", 2);
            return new Cookie(
                    pair[0].strip(),
                    pair.length > 1 ? pair[1].strip() : "",
                    Arrays.stream(parts)
                            .skip(1)
                            .map(part -> part.strip().toLowerCase(Locale.ROOT))
                            .collect(Collectors.toCollection(TreeSet::new)));
        }

        boolean isSession() {
            return name.replaceFirst("^__(Host|Secure)-", "").startsWith("carillon_session");
        }

        boolean has(String attribute) {
            return attributes.stream().anyMatch(each -> each.equals(attribute) || each.startsWith(attribute + "="));
        }
    }

    @Override
    public void run(Probe probe, Consumer<Finding> found) throws ProbeException, InterruptedException {
        List<Cookie> all = streams.cookies().stream().map(Cookie::of).toList();
        List<Cookie> sticky = all.stream().filter(cookie -> !cookie.isSession()).toList();
        found.accept(sticky.isEmpty() ? withoutCookie() : kept(probe, all, sticky));
        found.accept(attributes(all, probe.target().isTls()));
    }

    private Finding withoutCookie() {
        return streams.nodes().size() > 1
                ? Finding.warn(
                        STICKY,
                        "no cookie keeps a browser at one of the nodes " + String.join(", ", streams.nodes()),
                        "let the proxy set one (./carillon proxy-config writes it): otherwise each reconnect moves the tab's context, and live pages take longer")
                : Finding.ok(STICKY, "no sticky cookie, and one node answers; several nodes behind a proxy need one");
    }

    private Finding kept(Probe probe, List<Cookie> all, List<Cookie> sticky)
            throws ProbeException, InterruptedException {
        String names = sticky.stream().map(Cookie::name).collect(Collectors.joining(", "));
        String header =
                all.stream().map(cookie -> cookie.name() + "=" + cookie.value()).collect(Collectors.joining("; "));
        Set<String> reached = new TreeSet<>();
        // One limit for the first events of all streams.
        long end = probe.platform().nanoTime().getAsLong() + probe.limit().toNanos();
        for (int i = 0; i < TIMES; i++) {
            try (EventStream stream = probe.stream("/events", Map.of("Cookie", header))) {
                long left = end - probe.platform().nanoTime().getAsLong();
                Part part = stream.await(Event.class::isInstance, Duration.ofNanos(left));
                if (part instanceof Event event) {
                    reached.add(Answer.json(event.data()).path("node").asText("?"));
                } else {
                    probe.requireTime();
                }
            }
        }
        return reached.equals(Set.of(streams.firstNode()))
                ? Finding.ok(STICKY, "the cookie " + names + " keeps a browser at node " + streams.firstNode())
                : Finding.warn(
                        STICKY,
                        "with the cookie " + names + " of node " + streams.firstNode() + " requests reached "
                                + (reached.isEmpty() ? "no node" : String.join(", ", reached)),
                        "check the proxy's stickiness (./carillon proxy-config writes it); a rebalance or a drain moves clients, too");
    }

    private static Finding attributes(List<Cookie> all, boolean tls) {
        List<String> wrong = new ArrayList<>();
        for (Cookie cookie : all) {
            if (tls && !cookie.has("secure")) {
                wrong.add(cookie.name() + " is not Secure");
            }
            if (!cookie.has("httponly")) {
                wrong.add(cookie.name() + " is not HttpOnly");
            }
            if (!cookie.has("samesite")) {
                wrong.add(cookie.name() + " has no SameSite");
            }
        }
        if (!wrong.isEmpty()) {
            return Finding.warn(
                    COOKIES,
                    String.join(", ", wrong),
                    "behind https set secure-cookie at the nodes; the cookie of the proxy is a setting of the proxy");
        }
        return all.isEmpty()
                ? Finding.skip(COOKIES, "the stream set none", "")
                : Finding.ok(
                        COOKIES,
                        all.stream().map(Cookie::name).collect(Collectors.joining(", ")) + ": "
                                + (tls ? "Secure, " : "") + "HttpOnly, SameSite");
    }
}
