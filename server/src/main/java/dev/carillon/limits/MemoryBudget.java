package dev.carillon.limits;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The memory that clients may take of a node, together and each address. What grows with what clients ask for is charged before it is
 * allocated and released when it is gone; a charge above a bound is refused, which becomes an answer to the client. So a flood costs
 * its own service, not the process.
 *
 * <p>A client address may have {@code 1/}{@value #SHARE} of it. Thread-safe; no locks but those of one map's bins.
 */
public final class MemoryBudget {
    /** Of what no client address is known for: the ceiling alone holds. Multicast, as no client has it. */
    public static final long NO_ADDRESS = 0xFFFF_FFFE_0000_0000L;

    private static final int SHARE = 2;

    /** What memory is for. */
    public enum Use {
        /** Subscriptions: scopes and templates, here and at the broker's client. */
        INTERESTS,
        /** What waits for clients that read too slowly. */
        OUTBOXES,
        /** Pages of the log that are being replayed. */
        REPLAY,
        /** Answers that their clients have not taken. */
        RESPONSES,
        /** Bodies of requests. */
        REQUESTS,
        /** Frames that wait for a peer of HTTP/2. */
        HTTP2,
        /** Events that wait for the application's own handlers. */
        LISTENERS;

        private String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final long ceiling;
    private final long share;
    private final AtomicLong used = new AtomicLong();
    private final Map<Use, AtomicLong> usedFor = new EnumMap<>(Use.class);
    private final Map<Use, Counter> refusedShare = new EnumMap<>(Use.class);
    private final Map<Use, Counter> refusedCeiling = new EnumMap<>(Use.class);
    /** Bytes of each address that has any. */
    private final Map<Long, Long> addresses = new ConcurrentHashMap<>();

    public MemoryBudget(long ceiling, MeterRegistry registry) {
        this.ceiling = ceiling;
        this.share = ceiling / SHARE;
        for (Use use : Use.values()) {
            AtomicLong bytes = new AtomicLong();
            usedFor.put(use, bytes);
            Gauge.builder("carillon.memory.used", bytes, AtomicLong::get)
                    .baseUnit("bytes")
                    .tag("use", use.text())
                    .register(registry);
            refusedShare.put(use, refused(registry, use, "address"));
            refusedCeiling.put(use, refused(registry, use, "node"));
        }
        Gauge.builder("carillon.memory.budget", () -> ceiling).baseUnit("bytes").register(registry);
    }

    /** Counts, and refuses nothing. */
    public static MemoryBudget unlimited() {
        return new MemoryBudget(Long.MAX_VALUE, new CompositeMeterRegistry());
    }

    private static Counter refused(MeterRegistry registry, Use use, String bound) {
        return registry.counter("carillon.memory.refused", "use", use.text(), "bound", bound);
    }

    /**
     * Charges an address; what was charged has to be {@linkplain #release released} once.
     *
     * @param bytes 0 or more
     * @return null, or why it is refused: {@code too-many-requests} by the share of the address, {@code overloaded} by the ceiling; then
     *     nothing is charged
     */
    private @Nullable ErrorCode take(long address, Use use, long bytes) {
        if (!takeShare(address, bytes)) {
            counter(refusedShare, use).increment();
            return ErrorCode.TOO_MANY_REQUESTS;
        }
        long before;
        do {
            before = used.get();
            if (bytes > ceiling - before) {
                leaveShare(address, bytes);
                counter(refusedCeiling, use).increment();
                return ErrorCode.OVERLOADED;
            }
        } while (!used.compareAndSet(before, before + bytes));
        of(use).addAndGet(bytes);
        return null;
    }

    private boolean takeShare(long address, long bytes) {
        if (address == NO_ADDRESS || bytes == 0) {
            return true;
        }
        boolean[] taken = new boolean[1];
        addresses.compute(address, (a, before) -> {
            long has = before == null ? 0 : before;
            taken[0] = bytes <= share - has;
            return taken[0] ? Long.valueOf(has + bytes) : before;
        });
        return taken[0];
    }

    private void leaveShare(long address, long bytes) {
        if (address != NO_ADDRESS && bytes != 0) {
            addresses.computeIfPresent(address, (a, has) -> has == bytes ? null : has - bytes);
        }
    }

    /** As {@link Charge}, for whoever counts by itself: false is a refusal, of which nothing is charged. */
    public boolean charge(long address, Use use, long bytes) {
        return take(address, use, bytes) == null;
    }

    /** @throws CarillonException {@code too-many-requests} or {@code overloaded} where it is refused; then nothing is charged */
    public void require(long address, Use use, long bytes) {
        ErrorCode refused = take(address, use, bytes);
        if (refused != null) {
            throw new CarillonException(
                    refused,
                    refused == ErrorCode.TOO_MANY_REQUESTS
                            ? "this client address uses too much of the node's memory"
                            : "the node's memory for clients is used up");
        }
    }

    /** Gives back what was charged. */
    public void release(long address, Use use, long bytes) {
        leaveShare(address, bytes);
        used.addAndGet(-bytes);
        of(use).addAndGet(-bytes);
    }

    /**
     * Charges what is there anyway and serves many, to no address. It has to be released in either case.
     *
     * @return whether the ceiling holds
     */
    public boolean chargeShared(Use use, long bytes) {
        of(use).addAndGet(bytes);
        boolean holds = used.addAndGet(bytes) <= ceiling;
        if (!holds) {
            counter(refusedCeiling, use).increment();
        }
        return holds;
    }

    /** An account of something that grows and shrinks, with nothing on it. */
    public Charge open(long address, Use use) {
        return new Charge(address, use);
    }

    public long ceiling() {
        return ceiling;
    }

    public long used() {
        return used.get();
    }

    /** Addresses with anything charged; for tests. */
    int addresses() {
        return addresses.size();
    }

    private AtomicLong of(Use use) {
        return Objects.requireNonNull(usedFor.get(use));
    }

    private static Counter counter(Map<Use, Counter> counters, Use use) {
        return Objects.requireNonNull(counters.get(use));
    }

    /** What one thing of a client takes; released when it is closed, however often that is. */
    public final class Charge implements AutoCloseable {
        private final long address;
        private final Use use;
        private long bytes;
        private boolean closed;

        private Charge(long address, Use use) {
            this.address = address;
            this.use = use;
        }

        /** Grows or shrinks it to so many bytes; false: that is refused, or it is closed, and nothing has changed. */
        public synchronized boolean set(long total) {
            if (closed) {
                return false;
            }
            if (total > bytes && !charge(address, use, total - bytes)) {
                return false;
            }
            shrink(total);
            return true;
        }

        /** @throws CarillonException as {@link MemoryBudget#require} does; then nothing has changed */
        public synchronized void require(long total) {
            if (closed) {
                // Its request has ended meanwhile: there is nothing left to answer.
                return;
            }
            if (total > bytes) {
                MemoryBudget.this.require(address, use, total - bytes);
            }
            shrink(total);
        }

        private void shrink(long total) {
            if (total < bytes) {
                release(address, use, bytes - total);
            }
            bytes = total;
        }

        @Override
        public synchronized void close() {
            if (!closed) {
                shrink(0);
                closed = true;
            }
        }
    }
}
