package dev.carillon.lab.bench;

import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.NatsOptions;
import dev.carillon.jwt.JwtConfig;
import dev.carillon.lab.LabException;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.cluster.ListenAddresses;
import dev.carillon.lab.cluster.ServiceProcess;
import dev.carillon.lab.cluster.Tokens;
import dev.carillon.node.NodeKeys;
import dev.carillon.process.NatsCluster;
import dev.carillon.process.NatsServer;
import dev.carillon.process.RedisServer;
import dev.carillon.process.TestServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
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
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Measures broadcasts per second of one node (a process) with one broker and without subscribers. Each publisher broadcasts as soon as the previous
 * broadcast is acknowledged. Measured in turn: a scope with history, a scope without history, appends to one log and to several without a node, and
 * plain publishing to the broker's server.
 */
public final class BroadcastBench implements AutoCloseable {
    /** Number of events in flight in measurements without a node. */
    public static final int OUTSTANDING = 64;

    /** Number of tenants, each with a log, between which appends alternate. */
    public static final int LOGS = 4;

    private static final int SERVERS = 3;
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration TOKEN_LIFETIME = Duration.ofHours(2);
    /** Of a round; later ones are not counted. */
    private static final int MAX_TIMES = 4_000_000;

    private static final double NANOS_PER_MILLI = 1e6;
    private static final String WITH_HISTORY = "history";
    private static final String WITHOUT_HISTORY = "no-history";

    /** A validated plan. */
    public record Plan(String broker, int rounds, int seconds, int publishers, int bytes) {}

    /**
     * Median rates of the rounds, per second.
     *
     * @param withHistory acknowledged broadcasts to a scope with history
     * @param withoutHistory acknowledged broadcasts to a scope without history
     * @param p50Millis median of the median times of a broadcast to a scope with history
     * @param p99Millis median of the 99th percentiles of the same
     * @param log appends to one log of the broker without a node
     * @param logs appends to {@value #LOGS} logs of the broker without a node, as many in flight as for one
     * @param plain acknowledged messages of the broker's server that are not stored; empty if the broker has no server
     */
    public record Rates(
            Plan plan,
            double withHistory,
            double withoutHistory,
            double p50Millis,
            double p99Millis,
            double log,
            double logs,
            OptionalDouble plain) {}

    /** An operation that is repeated on one thread. */
    private interface Operation extends AutoCloseable {
        /** @return number of events */
        int run() throws Exception;

        @Override
        default void close() throws IOException {}
    }

    private final Plan plan;
    private final PrintStream progress;
    private final @Nullable TestServer server;
    private final ServiceProcess<ListenAddresses> node;
    private final Broker broker;
    private final String token;
    private final int port;

    /** @param progress receives progress lines and the output of the node */
    public BroadcastBench(Commands commands, Plan plan, PrintStream progress) {
        this.plan = plan;
        this.progress = progress;
        this.server = switch (plan.broker()) {
            case "redis" -> new RedisServer();
            case "nats" -> new NatsServer();
            case "nats-cluster" -> new NatsCluster(SERVERS);
            default -> null;
        };
        int replicas = server instanceof NatsCluster servers ? servers.size() : 1;
        String address = server == null ? "memory" : server.address();
        String key = Tokens.randomKey();
        this.token = Tokens.of(JwtConfig.of("HS256", key, true))
                .orElseThrow()
                .make(Tokens.Claims.EVERYTHING, TOKEN_LIFETIME);
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
                            // All broadcasts have the same source address.
                            "--requests-per-address",
                            "0",
                            "--admin-port",
                            "0",
                            "--internal-port",
                            "0",
                            "--broker",
                            address,
                            "--nats-replicas",
                            Integer.toString(replicas),
                            "--scope-policies",
                            "topic:" + WITHOUT_HISTORY + "=0"),
                    variables,
                    ListenAddresses::parse,
                    progress);
            this.port = node.awaitReady(START).port();
            this.broker = Brokers.open(
                    address,
                    BrokerOptions.of("bench").startTimeout(START).nats(NatsOptions.DEFAULT.replicas(replicas)));
        } catch (RuntimeException e) {
            if (server != null) {
                server.close();
            }
            throw e;
        }
    }

    public Rates run() throws InterruptedException {
        List<Double> withHistory = new ArrayList<>();
        List<Double> p50 = new ArrayList<>();
        List<Double> p99 = new ArrayList<>();
        List<Double> withoutHistory = new ArrayList<>();
        List<Double> log = new ArrayList<>();
        List<Double> logs = new ArrayList<>();
        List<Double> plain = new ArrayList<>();
        // The first round is for warm-up only.
        for (int i = 0; i <= plan.rounds(); i++) {
            String round = i == 0 ? "warming up" : "round " + i + " of " + plan.rounds();
            progress.println("carillon: " + plan.broker() + ", " + round + " ...");
            // The order alternates: a measurement may affect the next one.
            boolean historyFirst = i % 2 == 0;
            Latencies times = new Latencies(MAX_TIMES);
            double first = broadcastRate(historyFirst, times);
            double second = broadcastRate(!historyFirst, times);
            double appended = rate(1, () -> appending(1));
            double toSeveral = rate(1, () -> appending(LOGS));
            TestServer known = server;
            OptionalDouble published =
                    known == null ? OptionalDouble.empty() : OptionalDouble.of(rate(1, () -> publishing(known)));
            if (i > 0) {
                withHistory.add(historyFirst ? first : second);
                withoutHistory.add(historyFirst ? second : first);
                p50.add(times.quantile(0.5) / NANOS_PER_MILLI);
                p99.add(times.quantile(0.99) / NANOS_PER_MILLI);
                log.add(appended);
                logs.add(toSeveral);
                published.ifPresent(plain::add);
            }
        }
        return new Rates(
                plan,
                median(withHistory),
                median(withoutHistory),
                median(p50),
                median(p99),
                median(log),
                median(logs),
                plain.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(median(plain)));
    }

    private double broadcastRate(boolean history, Latencies times) throws InterruptedException {
        Latencies measured = history ? times : new Latencies(0);
        return rate(plan.publishers(), () -> broadcasting(history ? WITH_HISTORY : WITHOUT_HISTORY, measured));
    }

    private interface OperationFactory {
        Operation create() throws IOException;
    }

    /** Events per second of an operation on some threads during a round. */
    private double rate(int threads, OperationFactory factory) throws InterruptedException {
        long begin = System.nanoTime();
        long end = begin + TimeUnit.SECONDS.toNanos(plan.seconds());
        long events = 0;
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<Long>> counts = Stream.generate(() -> pool.submit(() -> count(factory, end)))
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

    private static long count(OperationFactory factory, long end) throws Exception {
        long events = 0;
        try (Operation operation = factory.create()) {
            while (System.nanoTime() < end) {
                events += operation.run();
            }
        }
        return events;
    }

    private Operation broadcasting(String topic, Latencies times) throws IOException {
        String json = "{\"scope\":\"topic:" + topic + "\",\"data\":\"" + "x".repeat(plan.bytes()) + "\"}";
        BroadcastConnection connection = new BroadcastConnection(port, token, json);
        return new Operation() {
            @Override
            public int run() throws IOException {
                long begin = System.nanoTime();
                connection.broadcast();
                times.add(System.nanoTime() - begin);
                return 1;
            }

            @Override
            public void close() throws IOException {
                connection.close();
            }
        };
    }

    private Operation appending(int logs) {
        List<Event> events = IntStream.range(0, logs)
                .mapToObj(i -> Event.to(Scope.topic(WITH_HISTORY))
                        .tenant(new Tenant("bench" + i))
                        .data("x".repeat(plan.bytes()))
                        .build())
                .toList();
        return () -> {
            CompletableFuture<?>[] answers = IntStream.range(0, OUTSTANDING)
                    .mapToObj(i ->
                            broker.channel().broadcast(events.get(i % logs)).toCompletableFuture())
                    .toArray(CompletableFuture<?>[]::new);
            Object _ = CompletableFuture.allOf(answers).get();
            return OUTSTANDING;
        };
    }

    private Operation publishing(TestServer to) throws IOException {
        PlainPublisher publisher = new PlainPublisher(to, plan.bytes());
        return new Operation() {
            @Override
            public int run() throws IOException {
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
