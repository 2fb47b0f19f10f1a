package dev.carillon.broker;

import dev.carillon.base.ConfigException;

/**
 * Options that only the driver for Redis reads.
 *
 * @param prefix first part of the names of keys and channels; clusters with different ones share a server
 * @param replicas number of replicas that must have an event before its broadcast is answered with success
 */
public record RedisOptions(String prefix, int replicas) {
    public static final RedisOptions DEFAULT = new RedisOptions("carillon", 0);

    /** No colon, dot or brace: these separate the parts of a name. */
    public static final String PREFIX_PATTERN = "[A-Za-z0-9][A-Za-z0-9_-]{0,31}";

    public static final String PREFIX_RULE =
            "must be 1 to 32 letters, digits, hyphens or underscores, and begin with a letter or digit";
    public static final int MAX_REPLICAS = 10;

    public RedisOptions {
        if (!prefix.matches(PREFIX_PATTERN)) {
            throw new ConfigException("redis-prefix", prefix, PREFIX_RULE);
        }
        if (replicas < 0 || replicas > MAX_REPLICAS) {
            throw new ConfigException("redis-replicas", replicas, "must be between 0 and " + MAX_REPLICAS);
        }
    }
}
