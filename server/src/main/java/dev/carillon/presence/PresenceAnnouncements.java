package dev.carillon.presence;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Idempotency;
import dev.carillon.scope.Event;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.ScopePolicy;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Announces changes: a user's to the clients of the scope, and all to the {@link ChangeLog}. An announcement may be repeated on any node; it is delivered once. */
final class PresenceAnnouncements {
    private static final Logger LOGGER = LoggerFactory.getLogger(PresenceAnnouncements.class);
    private static final Set<ErrorCode> RETRIED = EnumSet.of(ErrorCode.BROKER_UNAVAILABLE, ErrorCode.OVERLOADED);

    private final Channel channel;
    private final ScopePolicies policies;
    private final ChangeLog log;
    private final PresenceMetrics metrics;

    PresenceAnnouncements(Channel channel, ScopePolicies policies, ChangeLog log, PresenceMetrics metrics) {
        this.channel = channel;
        this.policies = policies;
        this.log = log;
        this.metrics = metrics;
    }

    /** Announces the last change of a record, if that was not announced yet. */
    CompletionStage<Void> announce(Subject subject, PresenceRecord record) {
        if (record.announcing() == null) {
            return CompletableFuture.completedFuture(null);
        }
        boolean entered = record.isPresent();
        Change.Kind kind = entered ? subject.entered() : subject.left();
        // Clients cannot know a life, so none can use the key for another event.
        String key = "carillon." + kind.text() + " " + record.life();
        String user = subject.user();
        CompletionStage<Void> told = user == null
                ? CompletableFuture.completedFuture(null)
                : broadcast(
                        Event.presence(
                                subject.tenant(),
                                subject.scope(),
                                entered,
                                policies.presence(subject.scope()) == ScopePolicy.Presence.PRIVATE,
                                PresenceRecord.event(user, entered ? record.data() : null)),
                        key);
        Change change = new Change(kind, subject.tenant(), subject.scope(), user, entered ? record.data() : null);
        return told.thenCompose(x -> log.append(change, key)).thenRun(() -> metrics.announced(kind));
    }

    private CompletionStage<Void> broadcast(Event event, String key) {
        return channel.broadcast(event, Idempotency.key(key))
                .<Void>thenApply(appended -> null)
                .exceptionallyCompose(e -> {
                    Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
                    if (cause instanceof CarillonException known && RETRIED.contains(known.code())) {
                        return CompletableFuture.failedFuture(known);
                    }
                    LOGGER.atWarn()
                            .addKeyValue("tenant", event.tenant())
                            .log("a change of presence could not be announced: {}", cause.getMessage());
                    return CompletableFuture.completedFuture(null);
                });
    }
}
