/**
 * The broker over NATS with JetStream, 2.10 or newer, found by {@link java.util.ServiceLoader}. One stream of a tenant is its
 * log; the server republishes what it appends to plain subjects, which the nodes subscribe to. Uses {@code broker} and {@code
 * scope}. Live events and watched changes come on dispatcher threads of jnats, answers on its reply thread or on virtual
 * threads; what asks several times to give one answer is blocking code on a virtual thread.
 */
@NullMarked
package dev.carillon.broker.nats;

import org.jspecify.annotations.NullMarked;
