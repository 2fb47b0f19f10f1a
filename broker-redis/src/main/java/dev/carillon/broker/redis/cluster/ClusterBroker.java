package dev.carillon.broker.redis.cluster;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Platform;
import dev.carillon.base.TimeLimit;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Health;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.Log;
import dev.carillon.broker.Store;
import dev.carillon.broker.redis.Failures;
import dev.carillon.broker.redis.RedisBroker;
import dev.carillon.broker.redis.ServerGroup;
import dev.carillon.broker.redis.script.Keys;
import dev.carillon.edge.VerifiedTls;
import dev.carillon.scope.Tenant;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SocketOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's link to a Redis Cluster: a {@link RedisBroker} for each primary, used for the tenants whose slots it has. All keys and channels of a
 * tenant are in one slot; channels are sharded, so each server only receives what its own subscribers asked for.
 *
 * <p>One thread keeps up with the cluster. It reads the slots every two seconds, soon when a server says that a slot has moved, and five times
 * a second, which is the most, while a server is unavailable. It opens brokers for new primaries, then moves joined interests and watches, then reports the tenants as
 * connected; a promoted replica and a server that got a slot begin a new epoch of each tenant.
 */
final class ClusterBroker implements Broker {
    private static final Logger LOGGER = LoggerFactory.getLogger(ClusterBroker.class);

    private static final Duration ANSWER = Duration.ofMillis(500);
    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final long IDLE_MILLIS = 2_000;
    private static final long BUSY_MILLIS = 200;

    private final ClusterAddress address;
    private final BrokerOptions options;
    private final Platform platform;
    private final RedisClient client;
    private final ClusterView view;
    private final ClusterRoutes routes = new ClusterRoutes();
    private final ServerGroup group = new ServerGroup();
    private final ClusterChannel channel = new ClusterChannel(routes);
    private final ClusterLog log = new ClusterLog(routes);
    private final ClusterStore store = new ClusterStore(routes);
    private final ClusterHealth health;
    private final Thread thread;
    /** One entry at most: it says that something changed. */
    private final BlockingQueue<Boolean> wake = new ArrayBlockingQueue<>(1);

    /** By server; used by the thread, and before by the one that starts it. */
    private final Map<ClusterSlots.Server, RedisBroker> brokers = new HashMap<>();

    /** Those of servers without slots, until their interests have moved. Used by the thread. */
    private final List<RedisBroker> ended = new ArrayList<>();

    private final CountDownLatch closing = new CountDownLatch(1);

    private ClusterBroker(ClusterAddress address, BrokerOptions options, Platform platform) {
        this.address = address;
        this.options = options;
        this.platform = platform;
        this.health = new ClusterHealth(routes, platform.clock());
        client = RedisClient.create(group.resources());
        client.setOptions(ClientOptions.builder()
                .autoReconnect(false)
                .maintNotificationsConfig(MaintNotificationsConfig.disabled())
                .socketOptions(SocketOptions.builder().connectTimeout(CONNECT).build())
                .build());
        view = new ClusterView(client, address, new TimeLimit(ANSWER, platform.timer()));
        thread = platform.threads().blocking("carillon-redis-cluster", this::run);
    }

    /** Connects to all primaries within the start timeout, or at least to that with the state of the whole cluster. */
    static ClusterBroker open(ClusterAddress address, BrokerOptions options, Platform platform) {
        ClusterBroker broker = new ClusterBroker(address, options, platform);
        try {
            broker.start();
            return broker;
        } catch (RuntimeException e) {
            broker.close();
            throw e;
        }
    }

    private void start() {
        long end = platform.nanoTime().getAsLong() + options.startTimeout().toNanos();
        try {
            String reason = "no slots are assigned";
            while (true) {
                try {
                    adapt(read(), true);
                } catch (ExecutionException e) {
                    refuse(e);
                    reason = Failures.reason(e);
                }
                closeEnded();
                requireNoneRefused();
                if (!brokers.isEmpty() && health.allConnected()) {
                    break;
                }
                if (platform.nanoTime().getAsLong() > end) {
                    requireSystem(reason);
                    break;
                }
                Boolean _ = wake.poll(BUSY_MILLIS, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokerUnavailableException("interrupted while connecting to Redis", e);
        }
        brokers.values().forEach(RedisBroker::persist);
        requireNoneRefused();
        health.started();
        thread.start();
    }

    private void requireNoneRefused() {
        for (RedisBroker broker : brokers.values()) {
            ConfigException refused = broker.refused();
            if (refused != null) {
                throw refused;
            }
        }
    }

    /** The state of the whole cluster is necessary; servers with other tenants may become available later. */
    private void requireSystem(String reason) {
        RedisBroker system = routes.of(Tenant.SYSTEM);
        if (system == null || !system.health().connected()) {
            throw new BrokerUnavailableException("no server of the Redis Cluster with the slot of tenant "
                    + Tenant.SYSTEM + " answers at " + address.shown() + " within "
                    + options.startTimeout().toMillis() + " ms ("
                    + (system == null ? reason : system.reason()) + ")");
        }
        LOGGER.warn("not all servers of the Redis Cluster at {} are available", address.shown());
    }

    private void refuse(ExecutionException failure) {
        String certificate = VerifiedTls.refusal(failure);
        if (certificate != null) {
            throw new ConfigException(
                    "broker", address.shown(), "the certificate of the server is refused: " + certificate);
        }
        if (Failures.refusedLogin(failure)) {
            throw new ConfigException("broker", address.shown(), Failures.loginRefusal(failure));
        }
        if (Failures.reason(failure).contains("cluster support disabled")) {
            throw new ConfigException(
                    "broker", address.shown(), "is no Redis Cluster: give its address as redis://host:port");
        }
    }

    private ClusterSlots read() throws ExecutionException, InterruptedException {
        return view.read(brokers.keySet()).toCompletableFuture().get();
    }

    /** The thread's main loop. */
    private void run() {
        long pause = BUSY_MILLIS;
        long next = platform.nanoTime().getAsLong();
        while (true) {
            try {
                Boolean _ = wake.poll(pause, TimeUnit.MILLISECONDS);
                // While slots move, there is always a reason to wake.
                if (closing.await(next - platform.nanoTime().getAsLong(), TimeUnit.NANOSECONDS)) {
                    return;
                }
                wake.clear();
                next = platform.nanoTime().getAsLong() + TimeUnit.MILLISECONDS.toNanos(BUSY_MILLIS);
                adapt(read(), false);
                Set<Tenant> moving = misplaced();
                // Before they are joined elsewhere: their live events must wait from then on.
                health.moving(moving);
                if (!moving.isEmpty()) {
                    List<CompletionStage<?>> moves = new ArrayList<>(channel.move(moving));
                    moves.addAll(store.move(moving));
                    await(moves);
                    moving = misplaced();
                }
                closeEnded();
                health.update(moving);
                pause = health.connected() ? IDLE_MILLIS : BUSY_MILLIS;
            } catch (ExecutionException | RuntimeException e) {
                health.update(misplaced());
                pause = BUSY_MILLIS;
                LOGGER.debug("the slots of the cluster are not known now", e);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Reports what has arrived as each of these ends: tenants of a server that is slow delay no others. */
    private void await(List<CompletionStage<?>> moves) throws InterruptedException {
        Semaphore ends = new Semaphore(0);
        moves.forEach(move -> move.whenComplete((x, e) -> ends.release()));
        int left = moves.size();
        while (left > 0) {
            ends.acquire();
            left -= 1 + ends.drainPermits();
            if (left > 0) {
                health.update(misplaced());
            }
        }
    }

    /** The tenants with interests or watches that are not at the server that has the tenant. */
    private Set<Tenant> misplaced() {
        Set<Tenant> tenants = channel.misplaced();
        tenants.addAll(store.misplaced());
        return tenants;
    }

    private void closeEnded() {
        ended.forEach(this::end);
        ended.clear();
    }

    private Thread end(RedisBroker broker) {
        Thread ending = platform.threads().blocking("carillon-redis-end", broker::close);
        ending.start();
        return ending;
    }

    /** Opens brokers for primaries, and closes those of servers without slots. */
    private void adapt(ClusterSlots slots, boolean starts) {
        Set<ClusterSlots.Server> wanted = slots.servers();
        Map<ClusterSlots.Server, RedisBroker> current = new HashMap<>();
        for (ClusterSlots.Server server : wanted) {
            RedisBroker broker = brokers.get(server);
            current.put(server, broker == null ? add(server, slots, starts) : broker);
        }
        routes.set(slots, current);
        for (ClusterSlots.Server server : new HashSet<>(brokers.keySet())) {
            if (!wanted.contains(server)) {
                LOGGER.info("server {} of the Redis Cluster has no slots any more", server);
                RedisBroker broker = brokers.remove(server);
                if (broker != null) {
                    ended.add(broker);
                }
            }
        }
    }

    private RedisBroker add(ClusterSlots.Server server, ClusterSlots initial, boolean starts) {
        Keys keys = new Keys(options.redis().prefix(), 0, attempt -> {
            String tag = routes.slots().tagOf(server, attempt);
            return tag.isEmpty() ? initial.tagOf(server, attempt) : tag;
        });
        RedisBroker broker = new RedisBroker(address.at(server), keys, group, options, platform);
        brokers.put(server, broker);
        channel.attach(broker);
        broker.health().listen(event -> {
            switch (event) {
                case HealthEvent.Unavailable lost -> health.lost(server, lost.reason());
                case HealthEvent.Connected _ -> {}
                case HealthEvent.PossibleLoss loss -> health.possibleLoss(server, loss.reason());
            }
            boolean _ = wake.offer(true);
        });
        broker.onSlotMoved(() -> {
            boolean _ = wake.offer(true);
        });
        if (!starts) {
            broker.persist();
        }
        CompletionStage<Boolean> _ = broker.begin().handle((x, e) -> wake.offer(true));
        return broker;
    }

    @Override
    public String driver() {
        return "redis";
    }

    @Override
    public Channel channel() {
        return channel;
    }

    @Override
    public Log log() {
        return log;
    }

    @Override
    public Store store() {
        return store;
    }

    @Override
    public Health health() {
        return health;
    }

    @Override
    public void close() {
        closing.countDown();
        health.close();
        thread.interrupt();
        try {
            // Not so if the start has failed.
            if (thread.isAlive()) {
                thread.join(CONNECT);
            }
            view.close().get(CONNECT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOGGER.debug("a connection to the cluster was still opening", e);
        }
        ended.addAll(brokers.values());
        List<Thread> ends = ended.stream().map(this::end).toList();
        try {
            for (Thread end : ends) {
                end.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        client.shutdown(0, 1, TimeUnit.SECONDS);
        group.close();
    }
}
