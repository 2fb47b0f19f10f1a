/**
 * The broker over one Redis server, 7.0 or newer: a log, live events and values for each tenant, every change in one script. Uses {@code
 * broker.redis.script}, {@code broker}, {@code scope} and {@code base}. Stages complete and event listeners run on lettuce's threads, which must not block; health
 * listeners run on the link's thread.
 */
@NullMarked
package dev.carillon.broker.redis;

import org.jspecify.annotations.NullMarked;
