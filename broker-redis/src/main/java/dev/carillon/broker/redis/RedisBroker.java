package dev.carillon.broker.redis;

import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Durability;
import dev.carillon.broker.Health;
import dev.carillon.broker.Log;
import dev.carillon.broker.Store;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Composes a node's link to Redis. */
final class RedisBroker implements Broker {
    private static final Logger LOGGER = LoggerFactory.getLogger(RedisBroker.class);

    private final Subscriptions subscriptions = new Subscriptions();
    private final RedisLink link;
    private final RedisChannel channel;
    private final RedisLog log;
    private final RedisStore store;
    private final int replicas;
    private volatile Durability durability =
            new Durability(Durability.Level.PROCESS, 0, "The settings of Redis have not been read yet.");

    private RedisBroker(RedisAddress address, BrokerOptions options, Platform platform) {
        this(
                address,
                new Keys(options.redis().prefix(), address.uri().getDatabase()),
                new Epochs.Highest(),
                options,
                platform);
    }

    /** A broker that is not connected. */
    RedisBroker(RedisAddress address, Keys keys, Epochs.Highest highest, BrokerOptions options, Platform platform) {
        replicas = options.redis().replicas();
        Epochs epochs = new Epochs(keys, highest);
        link = new RedisLink(
                new Connector(address, keys, subscriptions, options, platform), keys, options, this::begin, platform);
        channel =
                new RedisChannel(link, subscriptions, epochs, keys, new Appends(link, epochs, keys, options, platform));
        log = new RedisLog(link, epochs, keys, options, () -> durability);
        store = new RedisStore(link, subscriptions, keys);
    }

    /** Connects; see {@link RedisLink#start}. */
    static RedisBroker open(RedisAddress address, BrokerOptions options, Platform platform) {
        RedisBroker broker = new RedisBroker(address, options, platform);
        try {
            broker.link.start();
            return broker;
        } catch (RuntimeException e) {
            broker.close();
            throw e;
        }
    }

    RedisLink link() {
        return link;
    }

    Subscriptions subscriptions() {
        return subscriptions;
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
