package dev.carillon.context;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The contexts that this node owns. A context whose connection ended waits for its client for a while; at most {@value
 * #MAX_DETACHED} wait, the one that has waited longest goes first.
 */
public final class Contexts {
    private static final int MAX_DETACHED = 50_000;
    private static final int ID_BYTES = 16;

    private final ContextRecords records;
    private final long lingerNanos;
    private final LongSupplier nanoTime;
    private final SecureRandom random;

    // Below: guarded by this.
    private final Map<String, Context> contexts = new HashMap<>();
    private final LinkedHashMap<String, Context> detached = new LinkedHashMap<>();

    /**
     * @param nanoTime a monotonic clock, as {@link System#nanoTime}
     * @param random for ids
     */
    public Contexts(ContextRecords records, Duration linger, LongSupplier nanoTime, SecureRandom random) {
        this.records = records;
        this.lingerNanos = linger.toNanos();
        this.nanoTime = nanoTime;
        this.random = random;
    }

    /**
     * Gives the client its context back, or a new one: an id that is unknown here, expired, still connected or somebody
     * else's is never an error.
     *
     * @param wanted as the client sent it; null: none
     */
    public Lease open(ContextOwner owner, @Nullable String wanted) {
        Context context;
        synchronized (this) {
            Context known = wanted == null ? null : detached.get(wanted);
            if (known != null && known.owner().equals(owner)) {
                detached.remove(wanted);
                known.state(new ContextState.Connected());
                known.nextConnection();
                return new Lease(known, known.connection(), true);
            }
            context = new Context(newId(), owner, nanoTime.getAsLong());
            contexts.put(context.id(), context);
        }
        records.put(context);
        return new Lease(context, context.connection(), false);
    }

    /** The connection has ended: the context waits. Does nothing when another connection holds it already. */
    public void detach(Lease lease) {
        Context context = lease.context();
        Context oldest = null;
        synchronized (this) {
            if (lease.connection() != context.connection() || !(context.state() instanceof ContextState.Connected)) {
                return;
            }
            context.state(new ContextState.Detached(nanoTime.getAsLong()));
            detached.put(context.id(), context);
            if (detached.size() > MAX_DETACHED) {
                oldest = detached.firstEntry().getValue();
                end(oldest);
            }
        }
        if (oldest != null) {
            records.remove(oldest);
        }
    }

    /** Ends the contexts that have waited long enough, and renews the records of others; call it every second. */
    public void sweep() {
        List<Context> ended = new ArrayList<>();
        List<Context> due = new ArrayList<>();
        long now = nanoTime.getAsLong();
        synchronized (this) {
            while (!detached.isEmpty()) {
                Context first = detached.firstEntry().getValue();
                if (!(first.state() instanceof ContextState.Detached(long since)) || now - since < lingerNanos) {
                    break;
                }
                end(first);
                ended.add(first);
            }
            for (Context context : contexts.values()) {
                if (now - context.renewedNanos() >= ContextRecords.RENEW.toNanos()) {
                    context.renewed(now);
                    due.add(context);
                }
            }
        }
        ended.forEach(records::remove);
        due.forEach(records::put);
    }

    /** How many this node owns, waiting ones included. */
    public synchronized int count() {
        return contexts.size();
    }

    private void end(Context context) {
        context.state(new ContextState.Ended());
        detached.remove(context.id());
        contexts.remove(context.id());
    }

    private String newId() {
        byte[] bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
