package dev.carillon.context;

import dev.carillon.scope.Tenant;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The contexts that this node owns. A context whose connection ended waits for its client for a limited time; at most {@value
 * #MAX_DISCONNECTED} wait, and beyond that the one that has waited longest ends first.
 */
public final class Contexts {
    private static final int MAX_DISCONNECTED = 50_000;
    private static final int ID_BYTES = 16;

    private final ContextRecords records;
    private final long lingerNanos;
    private final LongSupplier nanoTime;
    private final SecureRandom random;

    // Below: guarded by this.
    private final Map<String, Context> contexts = new HashMap<>();
    private final LinkedHashMap<String, Context> disconnected = new LinkedHashMap<>();

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
            Context known = requested == null ? null : disconnected.get(requested);
            if (known != null && known.owner().equals(owner)) {
                disconnected.remove(requested);
                known.state(new ContextState.Connected());
                known.nextConnection();
                return new Attachment(known, known.connection(), true);
            }
            context = new Context(newId(), owner, nanoTime.getAsLong());
            contexts.put(context.id(), context);
        }
        records.put(context);
        return new Attachment(context, context.connection(), false);
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
            disconnected.put(context.id(), context);
            if (disconnected.size() > MAX_DISCONNECTED) {
                oldest = disconnected.firstEntry().getValue();
                end(oldest);
            }
        }
        if (oldest != null) {
            records.remove(oldest);
        }
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

    /** The id of the node that owns a context of any node; empty: none is known. Fails as the broker does. */
    public CompletionStage<Optional<String>> owner(Tenant tenant, String context) {
        return records.owner(tenant, context);
    }

    /** Number of contexts that this node owns, including disconnected ones. */
    public synchronized int count() {
        return contexts.size();
    }

    private void end(Context context) {
        context.state(new ContextState.Ended());
        disconnected.remove(context.id());
        contexts.remove(context.id());
    }

    private String newId() {
        byte[] bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
