package dev.carillon.node;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * A target of Jazzer: one input is a subscription or a publication at a hub, over a socket. Each is answered with 2xx or 4xx, nothing is
 * logged, and whoever subscribes to everything gets a well-formed stream. Says at its end how often which was answered.
 */
public final class HubFuzz {
    /** Streams that stay open, so that publications match other subscriptions. */
    private static final int STREAMS = 50;

    private static final Deque<Socket> STREAMING = new ArrayDeque<>();
    private static final Map<String, Integer> ANSWERS = new TreeMap<>();
    private static @Nullable FuzzConnection connection;
    private static @Nullable WatchedLog log;
    private static @Nullable FuzzStream stream;
    private static final String REFUSED_TOKEN = "token refused";
    private static long slowestNanos;

    private HubFuzz() {}

    public static void fuzzerInitialize() {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.INFO);
        TestCluster cluster =
                new TestCluster("memory://hub-fuzz", 1, Map.of("requests-per-address", "0", "log-max-events", "20000"));
        connection = new FuzzConnection(cluster.node(0).port());
        stream = new FuzzStream(cluster.node(0).port());
        log = new WatchedLog();
    }

    public static void fuzzerTestOneInput(FuzzedDataProvider data) throws IOException {
        boolean publishes = data.consumeBoolean();
        FuzzRequests requests = new FuzzRequests(data);
        byte[] request = publishes ? requests.publication() : requests.subscription();
        long start = System.nanoTime();
        FuzzConnection.Answer answer = Objects.requireNonNull(connection).ask(request);
        slowestNanos = Math.max(slowestNanos, System.nanoTime() - start);
        ANSWERS.merge((publishes ? "POST " : "GET ") + answer.status(), 1, Integer::sum);
        int kind = answer.status() / 100;
        if (kind != 2 && kind != 4) {
            throw new AssertionError("it answered " + answer.head());
        }
        keep(answer.socket());
        // But for why a token was refused, which the operator is to see.
        List<String> warnings = Objects.requireNonNull(log).warnings().stream()
                .filter(line -> !line.equals(REFUSED_TOKEN))
                .toList();
        if (!warnings.isEmpty()) {
            throw new AssertionError("it logged " + warnings);
        }
        Objects.requireNonNull(stream).requireWellFormed();
    }

    private static void keep(@Nullable Socket socket) throws IOException {
        if (socket == null) {
            return;
        }
        STREAMING.add(socket);
        if (STREAMING.size() > STREAMS) {
            STREAMING.remove().close();
        }
    }

    public static void fuzzerTearDown() {
        System.out.println("answers: " + ANSWERS + ", the slowest after " + slowestNanos / 1_000_000 + " ms, "
                + Objects.requireNonNull(stream).events() + " events read");
    }
}
