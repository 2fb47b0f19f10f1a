/**
 * What is on a Redis server, and how it is asked: names of keys and channels, the scripts with their arguments and replies, and the form of
 * events and values in them. Uses {@code broker} and {@code scope}. Has no state and no threads.
 */
@NullMarked
package dev.carillon.broker.redis.script;

import org.jspecify.annotations.NullMarked;
