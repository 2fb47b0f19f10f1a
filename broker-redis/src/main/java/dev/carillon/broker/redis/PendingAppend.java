package dev.carillon.broker.redis;

import dev.carillon.base.Text;
import dev.carillon.broker.Appended;
import dev.carillon.broker.Broadcast;
import dev.carillon.broker.Idempotency;
import dev.carillon.scope.Event;
import dev.carillon.scope.EventWire;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A broadcast without an answer, with everything that its append needs. */
final class PendingAppend {
    private static final byte[] NOT_DEDUPLICATED = {};

    final Event event;
    final Idempotency by;
    /** The encoded event without its version. */
    final byte[] body;
    /** Null: the broadcast is not deduplicated. */
    final @Nullable String fingerprint;
    /** Empty: the broadcast is not deduplicated. */
    final byte[] digest;

    final CompletableFuture<Appended> answer = new CompletableFuture<>();
    /** Time at which the broadcast fails without an answer. */
    final long deadlineNanos;

    PendingAppend(Broadcast broadcast, byte[] encoded, long deadlineNanos) {
        this.event = broadcast.event();
        this.by = broadcast.by();
        this.body = Arrays.copyOfRange(encoded, 1, encoded.length);
        this.fingerprint = by.fingerprint(event);
        this.digest = fingerprint == null ? NOT_DEDUPLICATED : Text.utf8(EventWire.digest(event, encoded));
        this.deadlineNanos = deadlineNanos;
    }

    /** Bytes that count as outstanding. */
    int bytes() {
        return body.length + 1;
    }
}
