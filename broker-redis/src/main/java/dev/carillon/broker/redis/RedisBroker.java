package dev.carillon.broker.redis;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Durability;
import dev.carillon.broker.Health;
import dev.carillon.broker.Log;
import dev.carillon.broker.Store;
import dev.carillon.broker.redis.script.Keys;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Composes a node's link to Redis. */
public final class RedisBroker implements Broker {
    private static final Logger LOGGER = LoggerFactory.getLogger(RedisBroker.class);

    private final Subscriptions subscriptions = new Subscriptions();
    private final RedisLink link;
    private final RedisChannel channel;
    private final RedisLog log;
    private final RedisStore store;
    private final int replicas;
    private volatile Durability durability =
            new Durability(Durability.Level.PROCESS, 0, "The settings of Redis have not been read yet.");

    /** Null: it belongs to the caller. */
    private final @Nullable ServerGroup own;

    private RedisBroker(RedisAddress address, ServerGroup own, BrokerOptions options, Platform platform) {
        this(address, new Keys(options.redis().prefix(), address.uri().getDatabase()), own, own, options, platform);
    }

    /** A broker of a cluster's server, which is not connected before {@link #begin}. */
    public RedisBroker(RedisAddress address, Keys keys, ServerGroup group, BrokerOptions options, Platform platform) {
        this(address, keys, group, null, options, platform);
    }

    private RedisBroker(
            RedisAddress address,
            Keys keys,
            ServerGroup group,
            @Nullable ServerGroup own,
            BrokerOptions options,
            Platform platform) {
        this.own = own;
        replicas = options.redis().replicas();
        Epochs epochs = new Epochs(keys, group.epochs());
        link = new RedisLink(
                new Connector(address, keys, subscriptions, options, group.resources(), platform),
                keys,
                options,
                this::begin,
                platform);
        channel =
                new RedisChannel(link, subscriptions, epochs, keys, new Appends(link, epochs, keys, options, platform));
        log = new RedisLog(link, epochs, keys, options, () -> durability);
        store = new RedisStore(link, subscriptions, keys);
    }

    /** Connects; see {@link RedisLink#start}. */
    static RedisBroker open(RedisAddress address, BrokerOptions options, Platform platform) {
        RedisBroker broker = new RedisBroker(address, new ServerGroup(), options, platform);
        try {
            broker.link.start();
            return broker;
        } catch (RuntimeException e) {
            broker.close();
            throw e;
        }
    }

    /** Begins to connect, without waiting; completes with the first connection, or when none can ever open: see {@link #refused}. */
    public CompletionStage<?> begin() {
        return link.begin();
    }

    /** See {@link RedisLink#persist}. */
    public void persist() {
        link.persist();
    }

    /** Why no connection can ever open; null: one may. */
    public @Nullable ConfigException refused() {
        return link.refused();
    }

    /** Why it is not connected. */
    public String reason() {
        return link.reason();
    }

    /** @param consumer called when the server says that a slot has moved; must not block */
    public void onSlotMoved(Runnable consumer) {
        link.onSlotMoved(consumer);
    }

    /** Returns when no event is being delivered of an interest that was left before. */
    public void awaitDelivery() {
        RedisSession _ = subscriptions.awaitDelivery();
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
        return link;
    }

    @Override
    public void close() {
        link.close();
        if (own != null) {
            own.close();
        }
    }

    /** Prepares each session; runs on the link's thread. */
    private void begin(RedisSession session) {
        try {
            durability = RedisDurability.of(session, replicas);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (session.server().evicts()) {
            LOGGER.warn(
                    "maxmemory-policy of Redis is {}: it may silently evict parts of a log; set it to noeviction",
                    session.server().field("maxmemory_policy"));
        }
    }
}
