/**
 * Leases of the cluster: work that one node at a time does. The holder renews its lease in the store; every other node measures by its own clock how long that
 * has not happened. May use {@code broker}. Nothing blocks; steps run on the thread that calls {@code tick}, and on threads of the broker.
 */
@NullMarked
package dev.carillon.lease;

import org.jspecify.annotations.NullMarked;
