package dev.carillon.context;

import dev.carillon.scope.Tenant;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The contexts that this node owns. A context whose connection ended waits for its client for a limited time; at most {@value
 * #MAX_DISCONNECTED} wait, and beyond that the one that has waited longest ends first.
 *
 * <p>A context may be reserved before its first connection. It waits {@link #RESERVED} for it; at most {@value #MAX_RESERVED} of a node and
 * {@value #MAX_RESERVED_OF_OWNER} of an owner wait, with the same policy.
 */
public final class Contexts {
    private static final int MAX_DISCONNECTED = 50_000;
    /** How long a reserved context waits for its first connection. */
    public static final Duration RESERVED = Duration.ofMinutes(30);

    private static final int MAX_RESERVED = 50_000;
    private static final int MAX_RESERVED_OF_OWNER = 20;
    private static final int ID_BYTES = 16;

    private final ContextRecords records;
    private final long lingerNanos;
    private final LongSupplier nanoTime;
    private final SecureRandom random;
    private final List<Consumer<Context>> endListeners = new CopyOnWriteArrayList<>();

    // Below: guarded by this.
    private final Map<String, Context> contexts = new HashMap<>();
    private final LinkedHashMap<String, Context> disconnected = new LinkedHashMap<>();
    private final LinkedHashMap<String, Context> reserved = new LinkedHashMap<>();
    /** The reserved contexts of each owner, the oldest first; no set is empty. */
    private final Map<ContextOwner, LinkedHashSet<String>> reservedOf = new HashMap<>();

    /**
     * @param linger how long a context waits for its client
     * @param nanoTime a monotonic clock, such as {@link System#nanoTime}
     * @param random source of ids
     */
    public Contexts(ContextRecords records, Duration linger, LongSupplier nanoTime, SecureRandom random) {
        this.records = records;
        this.lingerNanos = linger.toNanos();
        this.nanoTime = nanoTime;
        this.random = random;
    }

    /**
     * Resumes the client's context, or creates one: an id that is unknown here, expired, still connected or owned by another client is
     * never an error.
     *
     * @param requested id that the client sent; null: none
     */
    public Attachment open(ContextOwner owner, @Nullable String requested) {
        Context context;
        synchronized (this) {
            Context known = requested == null ? null : waiting(requested);
            if (known != null && known.owner().equals(owner)) {
                disconnected.remove(known.id());
                unreserve(known);
                known.state(new ContextState.Connected());
                known.nextConnection();
                return new Attachment(known, known.connection(), true);
            }
            context = new Context(newId(), owner, new ContextState.Connected(), nanoTime.getAsLong());
            contexts.put(context.id(), context);
        }
        records.put(context);
        return new Attachment(context, context.connection(), false);
    }

    /**
     * Makes a context of another node one of this node, which waits for its client as after a disconnect.
     *
     * @param revision of its record
     */
    void adopt(ContextOwner owner, String id, long revision) {
        long now = nanoTime.getAsLong();
        Context context = new Context(id, owner, new ContextState.Disconnected(now), now);
        context.revision(revision);
        Context oldest = null;
        synchronized (this) {
            if (contexts.putIfAbsent(id, context) == null) {
                oldest = waits(context);
            }
        }
        if (oldest != null) {
            afterEnd(oldest);
        }
    }

    synchronized boolean has(String id) {
        return contexts.containsKey(id);
    }

    /**
     * Ends a context whose client has come to another node. Its record stays, for that node.
     *
     * @param client digest of its owner
     * @return false: it has a connection, or it is another client's
     */
    public boolean release(Tenant tenant, String id, String client) {
        Context context;
        synchronized (this) {
            context = contexts.get(id);
            if (context == null) {
                return true;
            }
            if (!context.owner().tenant().equals(tenant)
                    || !context.owner().digest().equals(client)
                    || waiting(id) == null) {
                return false;
            }
            end(context);
        }
        endListeners.forEach(listener -> listener.accept(context));
        return true;
    }

    /** Another node has taken over the record, as this one could not be reached. A context with a connection stays as long as that. */
    private void taken(Context context) {
        synchronized (this) {
            if (waiting(context.id()) == null) {
                return;
            }
            end(context);
        }
        endListeners.forEach(listener -> listener.accept(context));
    }

    /** Creates a context without a connection. */
    public Context reserve(ContextOwner owner) {
        long now = nanoTime.getAsLong();
        Context context = new Context(newId(), owner, new ContextState.Reserved(now), now);
        List<Context> ended;
        synchronized (this) {
            ended = addReserved(context);
        }
        records.put(context);
        ended.forEach(this::afterEnd);
        return context;
    }

    /**
     * Creates a context with the id of one of another node, or of one that has ended here.
     *
     * @param returning whether its client opens a connection now: it waits as one that has lost its connection, and otherwise as a reserved one
     * @return empty: this node has a context of this id
     */
    public Optional<Context> revive(ContextOwner owner, String id, boolean returning) {
        long now = nanoTime.getAsLong();
        Context context = new Context(
                id, owner, returning ? new ContextState.Disconnected(now) : new ContextState.Reserved(now), now);
        List<Context> ended;
        synchronized (this) {
            if (contexts.containsKey(id)) {
                return Optional.empty();
            }
            if (returning) {
                contexts.put(id, context);
                Context oldest = waits(context);
                ended = oldest == null ? List.of() : List.of(oldest);
            } else {
                ended = addReserved(context);
            }
        }
        records.put(context);
        ended.forEach(this::afterEnd);
        return Optional.of(context);
    }

    /** Returns those that have ended because of it. */
    private List<Context> addReserved(Context context) {
        List<Context> ended = new ArrayList<>();
        ContextOwner owner = context.owner();
        LinkedHashSet<String> ofOwner = reservedOf.get(owner);
        if (ofOwner != null && ofOwner.size() >= MAX_RESERVED_OF_OWNER) {
            ended.add(end(Objects.requireNonNull(reserved.get(ofOwner.getFirst()))));
        }
        if (reserved.size() >= MAX_RESERVED) {
            ended.add(end(reserved.firstEntry().getValue()));
        }
        contexts.put(context.id(), context);
        reserved.put(context.id(), context);
        reservedOf.computeIfAbsent(owner, o -> new LinkedHashSet<>()).add(context.id());
        return ended;
    }

    /** Gives up a context that another node has revived. Listeners are not called, its record stays, and a connection stays open without a context. */
    public synchronized void giveUp(String id) {
        Context context = contexts.get(id);
        if (context != null) {
            end(context);
        }
    }

    /** Lets a reserved context wait for the whole time again. Returns false when the context has ended. */
    public synchronized boolean keep(String id) {
        Context context = contexts.get(id);
        if (context != null && context.state() instanceof ContextState.Reserved) {
            context.state(new ContextState.Reserved(nanoTime.getAsLong()));
            reserved.putLast(id, context);
            Objects.requireNonNull(reservedOf.get(context.owner())).addLast(id);
        }
        return context != null;
    }

    /** Ends a context that no connection has used. */
    public void endReserved(String id) {
        Context context;
        synchronized (this) {
            context = reserved.get(id);
            if (context == null) {
                return;
            }
            end(context);
        }
        afterEnd(context);
    }

    /** Adds a listener for contexts that have ended; it must not block. */
    public void onEnd(Consumer<Context> listener) {
        endListeners.add(listener);
    }

    private @Nullable Context waiting(String id) {
        Context known = disconnected.get(id);
        return known == null ? reserved.get(id) : known;
    }

    private void unreserve(Context context) {
        if (reserved.remove(context.id()) != null) {
            reservedOf.computeIfPresent(context.owner(), (owner, ids) -> {
                ids.remove(context.id());
                return ids.isEmpty() ? null : ids;
            });
        }
    }

    private void afterEnd(Context context) {
        records.remove(context);
        endListeners.forEach(listener -> listener.accept(context));
    }

    /** Marks the context as disconnected when its connection ends. Has no effect if a later connection has resumed it. */
    public void detach(Attachment attachment) {
        Context context = attachment.context();
        Context oldest = null;
        synchronized (this) {
            if (attachment.connection() != context.connection()
                    || !(context.state() instanceof ContextState.Connected)) {
                return;
            }
            context.state(new ContextState.Disconnected(nanoTime.getAsLong()));
            oldest = waits(context);
        }
        if (oldest != null) {
            afterEnd(oldest);
        }
    }

    /** @return a context that has ended for this one; null: none */
    private @Nullable Context waits(Context context) {
        disconnected.put(context.id(), context);
        return disconnected.size() > MAX_DISCONNECTED
                ? end(disconnected.firstEntry().getValue())
                : null;
    }

    /** Ends the contexts that have waited too long, and renews the records of the others; call it every second. */
    public void sweep() {
        List<Context> ended = new ArrayList<>();
        List<Context> due = new ArrayList<>();
        long now = nanoTime.getAsLong();
        synchronized (this) {
            while (!disconnected.isEmpty()) {
                Context first = disconnected.firstEntry().getValue();
                if (!(first.state() instanceof ContextState.Disconnected(long since)) || now - since < lingerNanos) {
                    break;
                }
                ended.add(end(first));
            }
            while (!reserved.isEmpty()) {
                Context first = reserved.firstEntry().getValue();
                if (!(first.state() instanceof ContextState.Reserved(long since)) || now - since < RESERVED.toNanos()) {
                    break;
                }
                ended.add(end(first));
            }
            for (Context context : contexts.values()) {
                if (now - context.renewedNanos() >= ContextRecords.RENEW.toNanos()) {
                    context.renewed(now);
                    due.add(context);
                }
            }
        }
        ended.forEach(this::afterEnd);
        due.forEach(context -> records.renew(context, this::taken));
    }

    /** The id of the node that owns a context of any node; empty: none is known. Fails as the broker does. */
    public CompletionStage<Optional<String>> owner(Tenant tenant, String context) {
        return records.find(tenant, context).thenApply(known -> known.map(ContextRecord::node));
    }

    /** Number of contexts that this node owns, including disconnected ones. */
    public synchronized int count() {
        return contexts.size();
    }

    private Context end(Context context) {
        context.state(new ContextState.Ended());
        disconnected.remove(context.id());
        unreserve(context);
        contexts.remove(context.id());
        return context;
    }

    private String newId() {
        byte[] bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
