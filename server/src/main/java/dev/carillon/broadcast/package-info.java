/** The only way to broadcast: authorisation, the policy for an outage of the broker, metrics. Does not depend on HTTP. */
@NullMarked
package dev.carillon.broadcast;

import org.jspecify.annotations.NullMarked;
