/**
 * The broker over a Redis Cluster: a broker of {@code broker.redis} for each primary, used for the tenants whose slots it has. Uses {@code
 * broker.redis} and what that uses. One thread keeps up with the slots; health listeners are called by it and by the threads of links, one at
 * a time.
 */
@NullMarked
package dev.carillon.broker.redis.cluster;

import org.jspecify.annotations.NullMarked;
