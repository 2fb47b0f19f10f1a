package dev.carillon.lab.simulation.broker;

import dev.carillon.broker.Appended;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Chain;
import dev.carillon.broker.ChainLink;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Durability;
import dev.carillon.broker.Epoch;
import dev.carillon.broker.Health;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.Log;
import dev.carillon.broker.Page;
import dev.carillon.broker.Snapshot;
import dev.carillon.broker.Store;
import dev.carillon.lab.simulation.host.Host;
import dev.carillon.lab.simulation.host.Lane;
import dev.carillon.lab.simulation.host.Story;
import dev.carillon.lab.simulation.plan.Defect;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A node's link to the simulated broker. Requests and answers take a time by seed and may overtake each other; live events stay in order. The {@link
 * LinkFaults} of the link lose events and answers and delay them; a cut fails what is under way.
 */
public final class BrokerLink implements Broker, Channel, Log {
    private static final long TIMEOUT_NANOS = 2_000_000_000L;
    private static final Durability DURABILITY =
            new Durability(Durability.Level.PROCESS, 0, "The simulated broker loses what a fault makes it lose.");

    private final Host host;
    private final BrokerServer server;
    private final LinkFaults faults;
    private final Story story;
    private final Defect defect;
    private final Lane live;
    private final Store store;
    private final LinkHealth health;
    /** Requests without an answer, by the order in which they were sent. */
    private final Map<Long, CompletableFuture<?>> outstanding = new LinkedHashMap<>();
    /** What the node has joined; restored with the connection. */
    private final Set<Interest> wanted = new LinkedHashSet<>();
    /** What the server delivers. */
    private final Set<Interest> joined = new HashSet<>();
    /** For each joined scope, the head of the log when a head of the scope was first read. */
    private final Map<Scope, Position> begun = new HashMap<>();
    /** The heads of the defect that compares none. */
    private final Map<Chain, Position> staleHeads = new HashMap<>();

    /** The last live event of each scope, for the defect that compares sequences across epochs. */
    private final Map<Scope, Position> delivered = new HashMap<>();

    private Consumer<Live> listener = event -> {};
    private boolean connected = true;
    /** Whether a fault keeps the link down. */
    private boolean blocked;
    /** Whether the server sends live events. */
    private boolean attached = true;
    /** Rises with each cut: what was under way before is lost. */
    private long connection;

    private long requests;
    private int headRequests;

    public BrokerLink(Host host, BrokerServer server, LinkFaults faults, Story story, Defect defect) {
        this.host = host;
        this.server = server;
        this.faults = faults;
        this.story = story;
        this.defect = defect;
        this.live = new Lane(host);
        this.store = new StoreLink(this::call, server.store(), defect);
        this.health = new LinkHealth(() -> connected, host.platform().clock());
        server.add(this);
        if (!server.up()) {
            connected = false;
            attached = false;
        }
    }

    /** For each joined scope, the head of the log when a head of the scope was first read: from there on the node misses nothing of it. */
    public Map<Scope, Position> begun() {
        return begun;
    }

    public LinkFaults faults() {
        return faults;
    }

    public boolean waitsForHeads() {
        return headRequests > 0;
    }

    /** The connection is lost: requests fail, and live events on their way are lost. */
    public void cut() {
        boolean before = connected;
        connected = false;
        attached = false;
        connection++;
        joined.clear();
        List<CompletableFuture<?>> failed = List.copyOf(outstanding.values());
        outstanding.clear();
        // Also of a process that has ended, whose threads are ended later.
        host.step(() -> {
            failed.forEach(one -> one.completeExceptionally(unavailable("the connection was lost")));
            if (before) {
                health.tell(new HealthEvent.Unavailable("the connection was lost"));
            }
        });
    }

    /** A fault cuts the link until {@link #unblock}. */
    public void block() {
        blocked = true;
        cut();
    }

    public void unblock() {
        blocked = false;
        reconnect();
    }

    /** Joins all interests again, and then tells the node. */
    public void reconnect() {
        if (blocked || attached || !server.up()) {
            return;
        }
        joined.addAll(wanted);
        attached = true;
        long current = connection;
        host.after(faults.delayNanos(), () -> {
            if (current == connection) {
                connected = true;
                story.tell(host.name(), "is connected to the broker again");
                health.tell(new HealthEvent.Connected());
                health.tell(new HealthEvent.PossibleLoss("reconnected"));
            }
        });
    }

    /** The server sends an event, if the node has joined one of its scopes. */
    public void send(SimulatedLog.Entry entry) {
        if (!attached) {
            return;
        }
        List<ChainLink> links = links(entry);
        if (links.isEmpty()) {
            return;
        }
        long current = connection;
        switch (faults.nextEvent()) {
            case LOST -> story.tell(host.name(), "does not get " + entry.event().id() + " from the broker");
            case LOST_REPORTED -> {
                story.tell(host.name(), "does not get " + entry.event().id() + ", and learns of a possible loss");
                live.after(faults.delayNanos(), () -> {
                    if (current == connection) {
                        health.tell(new HealthEvent.PossibleLoss("events were dropped"));
                    }
                });
            }
            case DELIVERED ->
                live.after(faults.delayNanos(), () -> {
                    if (current == connection) {
                        entry.event().scopes().forEach(scope -> delivered.put(scope, entry.at()));
                        listener.accept(new Live(entry.event(), entry.at(), links));
                    }
                });
        }
    }

    private List<ChainLink> links(SimulatedLog.Entry entry) {
        Event event = entry.event();
        List<ChainLink> links = new ArrayList<>();
        for (Scope scope : event.scopes()) {
            Interest interest = Interest.in(event.tenant(), scope);
            if (joined.contains(interest)) {
                links.add(new ChainLink(chain(interest), previous(entry, scope)));
            }
        }
        return links;
    }

    private long previous(SimulatedLog.Entry entry, Scope scope) {
        long previous = entry.previous().getOrDefault(scope, 0L);
        return switch (defect) {
            case SEQUENCE_NOT_CHECKED -> 0;
            case SEQUENCES_COMPARED_ACROSS_EPOCHS -> {
                Position seen = delivered.getOrDefault(scope, Position.NONE);
                yield seen.epoch() < entry.at().epoch() && previous <= seen.sequence() ? 0 : previous;
            }
            default -> previous;
        };
    }

    private static Chain chain(Interest interest) {
        Scope scope = interest.scope();
        return new Chain(interest.tenant(), scope == null ? "*" : scope.text());
    }

    private static BrokerUnavailableException unavailable(String reason) {
        return new BrokerUnavailableException(reason);
    }

    /** A request whose answer may be lost. */
    private <T> CompletableFuture<T> call(Supplier<T> request) {
        return call(request, faults.losesAnswer());
    }

    /** @param lost whether the node gets no answer within its time limit, though the server may have done what was asked */
    private <T> CompletableFuture<T> call(Supplier<T> request, boolean lost) {
        if (!connected) {
            return CompletableFuture.failedFuture(unavailable("no connection to the broker"));
        }
        CompletableFuture<T> answer = new CompletableFuture<>();
        long number = ++requests;
        outstanding.put(number, answer);
        boolean executed = !lost || faults.executesLost();
        long current = connection;
        host.schedule().after(faults.delayNanos(), () -> {
            if (current == connection && executed) {
                answer(number, answer, request, lost);
            }
        });
        if (lost) {
            story.tell(host.name(), "gets no answer of the broker");
            host.after(TIMEOUT_NANOS, () -> {
                if (outstanding.remove(number) != null) {
                    answer.completeExceptionally(unavailable("no answer in time"));
                }
            });
        }
        return answer;
    }

    /** At the server. */
    private <T> void answer(long number, CompletableFuture<T> answer, Supplier<T> request, boolean lost) {
        T value;
        try {
            value = request.get();
        } catch (RuntimeException e) {
            host.after(faults.delayNanos(), () -> {
                if (outstanding.remove(number) != null) {
                    answer.completeExceptionally(e);
                }
            });
            return;
        }
        if (!lost) {
            host.after(faults.delayNanos(), () -> {
                if (outstanding.remove(number) != null) {
                    answer.complete(value);
                }
            });
        }
    }

    @Override
    public CompletionStage<Void> join(Collection<Interest> interests) {
        List<Interest> requested = List.copyOf(interests);
        return call(() -> joined.addAll(requested)).thenAccept(x -> wanted.addAll(requested));
    }

    @Override
    public CompletionStage<Void> leave(Collection<Interest> interests) {
        List<Interest> left = List.copyOf(interests);
        left.forEach(wanted::remove);
        left.stream().map(Interest::scope).filter(Objects::nonNull).forEach(begun::remove);
        return call(() -> {
                    left.forEach(joined::remove);
                    return true;
                })
                .thenAccept(x -> {});
    }

    @Override
    public CompletionStage<Appended> broadcast(Event event, Idempotency by) {
        Idempotency used = defect == Defect.REPEAT_APPENDED ? Idempotency.NONE : by;
        CompletableFuture<Appended> answer = call(() -> server.append(event, used));
        return defect == Defect.ANSWER_BEFORE_APPEND && connected
                ? CompletableFuture.completedFuture(
                        Appended.of(event, server.log().head(), false))
                : answer;
    }

    @Override
    public CompletionStage<Snapshot> snapshot(Tenant tenant, Collection<Scope> scopes) {
        List<Scope> requested = List.copyOf(scopes);
        return call(() -> {
            Snapshot read = server.log().snapshot(requested);
            return defect == Defect.RETAINED_NOT_SENT ? new Snapshot(read.head(), List.of()) : read;
        });
    }

    @Override
    public CompletionStage<Page> read(Tenant tenant, Collection<Scope> scopes, Position after, int max) {
        List<Scope> requested = List.copyOf(scopes);
        return call(() -> {
            Page page = server.log().read(requested, after, max);
            int size = page.events().size();
            return defect == Defect.PAGE_END_MISSED && size > 0
                    ? new Page(page.events().subList(0, size - 1), page.last(), page.more(), page.incomplete())
                    : page;
        });
    }

    @Override
    public CompletionStage<List<Position>> find(IdLookup lookup) {
        return call(() -> {
            List<Position> found = server.log().find(lookup);
            return defect == Defect.RESUMED_TOO_LATE
                    ? found.stream()
                            .map(at -> new Position(at.epoch(), at.sequence() + 1, at.atMillis()))
                            .toList()
                    : found;
        });
    }

    @Override
    public CompletionStage<Position> head(Tenant tenant) {
        return call(() -> server.log().head());
    }

    /** Never without an answer while the connection stands: see the limits of the model of the protocol. */
    @Override
    public CompletionStage<Map<Chain, Position>> heads(Collection<Interest> interests) {
        List<Interest> requested = List.copyOf(interests);
        headRequests++;
        return call(() -> heads(requested), false).whenComplete((x, e) -> headRequests--);
    }

    private Map<Chain, Position> heads(List<Interest> interests) {
        Map<Chain, Position> heads = new HashMap<>();
        for (Interest interest : interests) {
            Scope scope = interest.scope();
            if (scope != null && joined.contains(interest)) {
                begun.putIfAbsent(scope, server.log().head());
            }
            Optional<Position> head = scope == null
                    ? Optional.of(server.log().head())
                    : server.log().head(scope);
            head.ifPresent(at -> heads.put(chain(interest), at));
        }
        if (defect == Defect.HEADS_NOT_COMPARED) {
            heads.replaceAll((chain, at) -> staleHeads.computeIfAbsent(chain, x -> at));
        }
        return heads;
    }

    @Override
    public CompletionStage<List<Epoch>> epochs(Tenant tenant) {
        return call(() -> server.log().epochs());
    }

    @Override
    public String driver() {
        return "simulated";
    }

    @Override
    public Channel channel() {
        return this;
    }

    @Override
    public Log log() {
        return this;
    }

    @Override
    public Store store() {
        return store;
    }

    @Override
    public Health health() {
        return health;
    }

    @Override
    public void close() {
        cut();
        server.remove(this);
    }

    @Override
    public void listen(Consumer<Live> consumer) {
        listener = consumer;
    }

    @Override
    public Set<Chain> chains(Interest interest) {
        return Set.of(chain(interest));
    }

    @Override
    public Set<Chain> chains(Event event) {
        Set<Chain> chains = new LinkedHashSet<>();
        event.scopes().forEach(scope -> chains.add(chain(Interest.in(event.tenant(), scope))));
        return chains;
    }

    @Override
    public Durability durability() {
        return DURABILITY;
    }
}
