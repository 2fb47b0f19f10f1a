package dev.carillon.broadcast;

import dev.carillon.auth.BroadcastDecision;
import dev.carillon.auth.Grants;
import dev.carillon.auth.Lease;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.RandomIds;
import dev.carillon.base.Text;
import dev.carillon.broker.Appended;
import dev.carillon.broker.Broadcast;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Idempotency;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The only way to broadcast, for every endpoint and for applications. A client needs grants for the scopes. While the broker is unavailable a
 * broadcast fails, except for scopes whose policy lets the event reach only the clients of this node. Every broadcast is counted. Thread-safe;
 * never blocks.
 */
public final class Broadcaster {
    private final Broker broker;
    private final BiConsumer<Event, String> local;
    private final ScopePolicies policies;
    private final ObjIntConsumer<Tenant> limit;
    private final SecureRandom random;
    private final BroadcastTrace trace;
    private final BroadcastLog log;
    private final Counter accepted;
    private final Counter failed;
    private final Counter nodeOnly;
    private final Counter refused;

    /**
     * The answer to a broadcast.
     *
     * @param id id of the event; a client can resume from it, unless {@code nodeOnly}
     * @param nodeOnly whether only the clients of this node received the event, which is then in no log
     */
    public record Receipt(String id, boolean nodeOnly) {}

    /**
     * @param local delivers an event that is in no log, and its id, to the clients of this node
     * @param limit called with the tenant and the bytes of data of each broadcast of a client; throws {@link CarillonException} beyond the limits
     * @param random source of the ids of such events
     * @param trace of all broadcasts
     * @param log of all events that are passed to the broker
     */
    public Broadcaster(
            Broker broker,
            BiConsumer<Event, String> local,
            ScopePolicies policies,
            ObjIntConsumer<Tenant> limit,
            MeterRegistry registry,
            SecureRandom random,
            BroadcastTrace trace,
            BroadcastLog log) {
        this.log = log;
        this.random = random;
        this.trace = trace;
        this.broker = broker;
        this.local = local;
        this.policies = policies;
        this.limit = limit;
        this.accepted = outcome(registry, "accepted");
        this.failed = outcome(registry, "failed");
        this.nodeOnly = outcome(registry, "node-only");
        this.refused = outcome(registry, "refused");
    }

    private static Counter outcome(MeterRegistry registry, String outcome) {
        return Counter.builder("carillon.broadcasts")
                .description("Broadcasts, by outcome")
                .tag("outcome", outcome)
                .register(registry);
    }

    /** Whether broadcasts are traced, so that the trace context of a broadcaster is of use. */
    public boolean isTraced() {
        return trace.isOn();
    }

    /**
     * Broadcasts for a client.
     *
     * <p>If the grants leave it to the authorizer, it is asked about events of which they do not cover every scope.
     *
     * @return completes when the event is in the log; fails as {@link dev.carillon.broker.Channel#broadcast} does, with {@code not-granted} if the authorizer
     *     refuses, and with {@code authorizer-unavailable}
     * @throws NotGrantedException when the grants do not cover a scope
     * @throws CarillonException {@code not-granted} when the grants belong to another tenant, {@code rate-limited} when the tenant is over its limits
     */
    public CompletionStage<Receipt> broadcast(Grants grants, Event event, Idempotency by) {
        requireAllowed(grants, event);
        Lease lease = grants.lease();
        return lease == null || event.scopes().stream().allMatch(grants::mayBroadcast)
                ? send(grants, event, by)
                : lease.mayBroadcast(event).thenCompose(decision -> switch (decision) {
                    case BroadcastDecision.Refused _ -> refuse();
                    case BroadcastDecision.Allowed _ -> send(grants, event, by);
                    case BroadcastDecision.AllowedTo(Set<String> users) -> {
                        Set<String> readers =
                                new LinkedHashSet<>(event.readers().isEmpty() ? users : event.readers());
                        readers.retainAll(users);
                        // Without readers an event would not be limited.
                        yield readers.isEmpty() ? refuse() : send(grants, event.withReaders(readers), by);
                    }
                });
    }

    /**
     * Broadcasts several events for a client, in their order, each with an outcome of its own. A broadcast that is refused does not affect the others.
     *
     * @return the outcome of each, as of {@link #broadcast(Grants, Event, Idempotency)}, in the order of the list
     */
    public List<CompletionStage<Receipt>> broadcastAll(Grants grants, List<Broadcast> broadcasts) {
        // Questions to an authorizer are asked one after the other: it limits how many it answers at a time. Traced
        // broadcasts have spans of their own.
        return grants.lease() == null && !trace.isOn() && isConnected(broadcasts)
                ? appendAll(grants, broadcasts)
                : oneByOne(grants, broadcasts);
    }

    private boolean isConnected(List<Broadcast> broadcasts) {
        return broadcasts.stream()
                .allMatch(next -> broker.health().connected(next.event().tenant()));
    }

    private List<CompletionStage<Receipt>> appendAll(Grants grants, List<Broadcast> broadcasts) {
        List<Broadcast> allowed = new ArrayList<>(broadcasts.size());
        List<Optional<CarillonException>> refusals = new ArrayList<>(broadcasts.size());
        for (Broadcast broadcast : broadcasts) {
            try {
                requireAllowed(grants, broadcast.event());
                broadcast.event().requireBroadcasterType();
                allowed.add(broadcast);
                refusals.add(Optional.empty());
            } catch (CarillonException e) {
                refusals.add(Optional.of(e));
            }
        }
        Iterator<CompletionStage<Appended>> sent =
                appendTogether(grants, allowed).iterator();
        return refusals.stream()
                .map(refusal -> refusal.<CompletionStage<Receipt>>map(CompletableFuture::failedFuture)
                        .orElseGet(() -> receipt(sent.next())))
                .toList();
    }

    private List<CompletionStage<Appended>> appendTogether(Grants grants, List<Broadcast> allowed) {
        List<CompletionStage<Appended>> appends = broker.channel().broadcastAll(allowed);
        for (int i = 0; i < allowed.size(); i++) {
            log.sent(grants, allowed.get(i).event(), appends.get(i));
        }
        return appends;
    }

    private List<CompletionStage<Receipt>> oneByOne(Grants grants, List<Broadcast> broadcasts) {
        List<CompletionStage<Receipt>> outcomes = new ArrayList<>(broadcasts.size());
        CompletionStage<?> before = CompletableFuture.completedFuture(null);
        for (Broadcast next : broadcasts) {
            CompletionStage<Receipt> outcome =
                    before.handle((x, e) -> next).thenCompose(b -> broadcast(grants, b.event(), b.by()));
            outcomes.add(outcome);
            before = outcome;
        }
        return outcomes;
    }

    /**
     * Broadcasts several events, in their order, up to the first that is refused: those after it are not sent, so that a repetition keeps the order. All belong
     * to one tenant. None is delivered to the clients of this node alone.
     *
     * @param grants without a lease
     * @return the outcomes, in the order of the list: of all, or up to the refusal. An outcome that fails may be followed by one that does not, if the broker
     *     has lost events or a leader between the two
     */
    public List<CompletionStage<Receipt>> broadcastInOrder(Grants grants, List<Broadcast> broadcasts) {
        List<Broadcast> allowed = new ArrayList<>(broadcasts.size());
        List<CompletionStage<Receipt>> outcomes = new ArrayList<>(broadcasts.size());
        Optional<CarillonException> refusal = Optional.empty();
        for (Broadcast broadcast : broadcasts) {
            try {
                requireAllowed(grants, broadcast.event());
                broadcast.event().requireBroadcasterType();
                allowed.add(broadcast);
            } catch (CarillonException e) {
                refusal = Optional.of(e);
                break;
            }
        }
        if (trace.isOn()) {
            CompletionStage<?> before = CompletableFuture.completedFuture(null);
            for (Broadcast next : allowed) {
                CompletionStage<Receipt> outcome = before.thenCompose(x ->
                        trace.trace(next.event(), event -> receipt(appendOne(grants, event, next.by()))));
                outcomes.add(outcome);
                before = outcome;
            }
        } else if (!allowed.isEmpty()) {
            appendTogether(grants, allowed).forEach(append -> outcomes.add(receipt(append)));
        }
        refusal.ifPresent(e -> outcomes.add(CompletableFuture.failedFuture(e)));
        return outcomes;
    }

    /** @throws CarillonException as {@link #broadcast(Grants, Event, Idempotency)} */
    private void requireAllowed(Grants grants, Event event) {
        requireGranted(grants, event.scopes());
        // The system scope belongs to no tenant; a grant for it is sufficient.
        if (!event.tenant().equals(grants.tenant()) && !event.tenant().equals(Tenant.SYSTEM)) {
            refused.increment();
            throw new CarillonException(ErrorCode.NOT_GRANTED, "the token belongs to another tenant");
        }
        if (!event.tenant().equals(Tenant.SYSTEM)) {
            try {
                limit.accept(event.tenant(), Text.utf8Length(event.data()));
            } catch (CarillonException e) {
                refused.increment();
                throw e;
            }
        }
    }

    private CompletionStage<Receipt> refuse() {
        refused.increment();
        return CompletableFuture.failedFuture(
                new CarillonException(ErrorCode.NOT_GRANTED, "the application does not grant this broadcast"));
    }

    /**
     * Broadcasts for the application itself, which may use every scope of every tenant.
     *
     * @return completes when the event is in the log; fails as {@link dev.carillon.broker.Channel#broadcast} does
     */
    public CompletionStage<Receipt> broadcast(Event event) {
        return send(null, event, Idempotency.BY_ID);
    }

    /** As {@link #broadcast(Event)}, with deduplication by the given idempotency. */
    public CompletionStage<Receipt> broadcast(Event event, Idempotency by) {
        return send(null, event, by);
    }

    /**
     * Refuses a client without any grant before the event is read.
     *
     * @throws CarillonException {@code not-granted} when the grants cover no scope
     */
    public void requireAnyGranted(Grants grants) {
        if (grants.broadcast().isEmpty() && !grants.asks(Grants.Asked.BROADCAST)) {
            refused.increment();
            throw new CarillonException(ErrorCode.NOT_GRANTED, "the token has no grant to broadcast");
        }
    }

    /**
     * Refuses a client without the grants before the event is complete.
     *
     * @throws NotGrantedException for the first scope that the grants do not cover
     */
    public void requireGranted(Grants grants, Collection<Scope> scopes) {
        for (Scope scope : scopes) {
            // An authorizer decides about the scopes of its tenant only.
            boolean asks = grants.asks(Grants.Asked.BROADCAST) && scope.kind() != Scope.Kind.SYSTEM;
            if (!asks && !grants.mayBroadcast(scope)) {
                refused.increment();
                throw new NotGrantedException(scope);
            }
        }
    }

    private CompletionStage<Receipt> send(@Nullable Grants client, Event event, Idempotency by) {
        return trace.trace(event, traced -> append(client, traced, by));
    }

    private CompletionStage<Receipt> append(@Nullable Grants client, Event event, Idempotency by) {
        event.requireBroadcasterType();
        // Only when the broker was not called: an event whose answer is lost may be in the log.
        if (!broker.health().connected(event.tenant()) && policies.reachesNodeAlone(event)) {
            nodeOnly.increment();
            String id = Objects.requireNonNullElseGet(event.id(), () -> "urn:uuid:" + RandomIds.uuid(random));
            local.accept(event, id);
            return CompletableFuture.completedFuture(new Receipt(id, true));
        }
        return receipt(appendOne(client, event, by));
    }

    private CompletionStage<Appended> appendOne(@Nullable Grants client, Event event, Idempotency by) {
        CompletionStage<Appended> append = broker.channel().broadcast(event, by);
        log.sent(client, event, append);
        return append;
    }

    private CompletionStage<Receipt> receipt(CompletionStage<Appended> append) {
        return append.whenComplete((appended, e) -> (e == null ? accepted : failed).increment())
                .thenApply(Broadcaster::receipt);
    }

    private static Receipt receipt(Appended appended) {
        return new Receipt(appended.id(), false);
    }
}
