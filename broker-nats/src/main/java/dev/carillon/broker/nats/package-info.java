/**
 * The broker over NATS with JetStream, 2.10 or newer, found by {@link java.util.ServiceLoader}. One stream per tenant is its log; the
 * server republishes appended messages to plain subjects, which the nodes subscribe to. This package composes the broker from {@code log}
 * and {@code store}, both of which use {@code connection}. Uses {@code broker} and {@code scope}.
 */
@NullMarked
package dev.carillon.broker.nats;

import org.jspecify.annotations.NullMarked;
