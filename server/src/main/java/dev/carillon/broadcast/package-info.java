/** The one way to broadcast: authorisation, the policy for an outage of the broker, metrics. Knows no HTTP. */
@NullMarked
package dev.carillon.broadcast;

import org.jspecify.annotations.NullMarked;
