package dev.carillon.lab.bench;

import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.jwt.JwtConfig;
import dev.carillon.lab.LabException;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.cluster.Serving;
import dev.carillon.lab.cluster.ServingProcess;
import dev.carillon.lab.cluster.Tokens;
import dev.carillon.node.NodeKeys;
import dev.carillon.process.NatsServer;
import dev.carillon.process.RedisServer;
import dev.carillon.process.TestServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One node, a process, on one broker, and those who broadcast to it as fast as they are answered; nobody listens. In turn: to a scope that
 * keeps history and to one that keeps none, to the log without a node, and to the broker's server without a log.
 */
public final class BroadcastBench implements AutoCloseable {
    /** How many events are under way at once where no node is asked. */
    public static final int OUTSTANDING = 64;

    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration TOKEN_LASTS = Duration.ofHours(2);
    private static final String KEPT = "kept";
    private static final String NOT_KEPT = "not-kept";

    /** What to do; checked. */
    public record Plan(String broker, int rounds, int seconds, int publishers, int bytes) {}

    /**
     * Medians of the rounds, each a second.
     *
     * @param kept broadcasts to a scope with history that a node acknowledged
     * @param notKept to one without
     * @param log appends of the broker, without a node
     * @param plain messages that the broker's server answered and did not keep; none where it has no server
     */
    public record Rates(Plan plan, double kept, double notKept, double log, OptionalDouble plain) {}

    /** Something that is done again and again, from one thread. */
    private interface Doing extends AutoCloseable {
        /** @return how many events it was */
        int once() throws Exception;

        @Override
        default void close() throws IOException {}
    }

    private final Plan plan;
    private final PrintStream progress;
    private final @Nullable TestServer server;
    private final ServingProcess<Serving> node;
    private final Broker broker;
    private final String token;
    private final int port;

    /** @param progress takes what is measured now, and what the node says */
    public BroadcastBench(Commands commands, Plan plan, PrintStream progress) {
        this.plan = plan;
        this.progress = progress;
        this.server = switch (plan.broker()) {
            case "redis" -> new RedisServer();
            case "nats" -> new NatsServer();
            default -> null;
        };
        String address = server == null ? "memory" : server.address();
        String key = Tokens.randomKey();
        this.token =
                Tokens.of(JwtConfig.of("HS256", key, true)).orElseThrow().make(Tokens.Claims.EVERYTHING, TOKEN_LASTS);
        Map<String, String> variables = commands.withoutSettings();
        variables.put(NodeKeys.JWT_KEY.variable(), key);
        variables.put(NodeKeys.SECRET.variable(), Tokens.randomKey());
        try {
            this.node = commands.start(
                    "node",
                    List.of(
                            "serve",
                            Commands.STOP_WITH_STDIN,
                            "--port",
                            "0",
                            // All broadcasts come from one address.
                            "--requests-per-address",
                            "0",
                            "--admin-port",
                            "0",
                            "--internal-port",
                            "0",
                            "--broker",
                            address,
                            "--scope-policies",
                            "topic:" + NOT_KEPT + "=0"),
                    variables,
                    Serving::parse,
                    progress);
            this.port = node.awaitServing(START).port();
            this.broker = Brokers.open(address, BrokerOptions.of("bench").startTimeout(START));
        } catch (RuntimeException e) {
            if (server != null) {
                server.close();
            }
            throw e;
        }
    }

    public Rates run() throws InterruptedException {
        List<Double> kept = new ArrayList<>();
        List<Double> notKept = new ArrayList<>();
        List<Double> log = new ArrayList<>();
        List<Double> plain = new ArrayList<>();
        // The first round warms up, and does not count.
        for (int i = 0; i <= plan.rounds(); i++) {
            String round = i == 0 ? "warming up" : "round " + i + " of " + plan.rounds();
            progress.println("carillon: " + plan.broker() + ", " + round + " ...");
            // Each is the first in turn: what one leaves behind the next may pay for.
            boolean keptFirst = i % 2 == 0;
            double first = rate(plan.publishers(), () -> broadcasting(keptFirst ? KEPT : NOT_KEPT));
            double second = rate(plan.publishers(), () -> broadcasting(keptFirst ? NOT_KEPT : KEPT));
            double appended = rate(1, this::appending);
            TestServer known = server;
            OptionalDouble published =
                    known == null ? OptionalDouble.empty() : OptionalDouble.of(rate(1, () -> publishing(known)));
            if (i > 0) {
                kept.add(keptFirst ? first : second);
                notKept.add(keptFirst ? second : first);
                log.add(appended);
                published.ifPresent(plain::add);
            }
        }
        return new Rates(
                plan,
                median(kept),
                median(notKept),
                median(log),
                plain.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(median(plain)));
    }

    private interface Maker {
        Doing make() throws IOException;
    }

    /** How many events a second so many threads have done in the time of a round. */
    private double rate(int threads, Maker maker) throws InterruptedException {
        long begin = System.nanoTime();
        long end = begin + TimeUnit.SECONDS.toNanos(plan.seconds());
        long events = 0;
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<Long>> counts = Stream.generate(() -> pool.submit(() -> count(maker, end)))
                    .limit(threads)
                    .toList();
            for (Future<Long> count : counts) {
                events += count.get();
            }
        } catch (ExecutionException e) {
            throw LabException.failed("at the node http://127.0.0.1:" + port
                    + (server == null ? "" : " or its broker " + server.address()) + ": " + e.getCause());
        }
        return events * 1e9 / (System.nanoTime() - begin);
    }

    private static long count(Maker maker, long end) throws Exception {
        long events = 0;
        try (Doing doing = maker.make()) {
            while (System.nanoTime() < end) {
                events += doing.once();
            }
        }
        return events;
    }

    private Doing broadcasting(String topic) throws IOException {
        String json = "{\"scope\":\"topic:" + topic + "\",\"data\":\"" + "x".repeat(plan.bytes()) + "\"}";
        BroadcastConnection connection = new BroadcastConnection(port, token, json);
        return new Doing() {
            @Override
            public int once() throws IOException {
                connection.broadcast();
                return 1;
            }

            @Override
            public void close() throws IOException {
                connection.close();
            }
        };
    }

    private Doing appending() {
        Event event = Event.to(Scope.topic(KEPT)).data("x".repeat(plan.bytes())).build();
        return () -> {
            CompletableFuture<?>[] answers = Stream.generate(
                            () -> broker.channel().broadcast(event).toCompletableFuture())
                    .limit(OUTSTANDING)
                    .toArray(CompletableFuture<?>[]::new);
            Object _ = CompletableFuture.allOf(answers).get();
            return OUTSTANDING;
        };
    }

    private Doing publishing(TestServer to) throws IOException {
        PlainPublisher publisher = new PlainPublisher(to, plan.bytes());
        return new Doing() {
            @Override
            public int once() throws IOException {
                publisher.publish(OUTSTANDING);
                return OUTSTANDING;
            }

            @Override
            public void close() throws IOException {
                publisher.close();
            }
        };
    }

    private static double median(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return Arrays.stream(sorted).skip(sorted.length / 2).findFirst().orElse(0);
    }

    @Override
    public void close() {
        broker.close();
        node.stop();
        if (server != null) {
            server.close();
        }
    }
}
