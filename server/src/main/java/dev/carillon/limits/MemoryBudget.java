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
 * The memory that clients may use on a node, in total and per address. Everything that grows with requests of clients is charged before it is
 * allocated and released when it is freed. A charge above a bound is refused, and the refusal becomes an answer to the client. A flood therefore
 * costs the flooding client its service, and not the process its memory.
 *
 * <p>One client address may use {@code 1/}{@value #SHARE} of the budget. Thread-safe; takes only the bin locks of one map.
 */
public final class MemoryBudget {
    /** Address for charges without a client address: only the total is bounded. A multicast address, which no client has. */
    public static final long NO_ADDRESS = 0xFFFF_FFFE_0000_0000L;

    private static final int SHARE = 2;

    /** What memory is used for. */
    public enum Use {
        /** Subscriptions: scopes and templates, in the node and in the client library of the broker. */
        INTERESTS,
        /** Events that wait for clients that read too slowly. */
        OUTBOXES,
        /** Pages of the log that are being replayed. */
        REPLAY,
        /** Answers that clients have not read yet. */
        RESPONSES,
        /** Bodies of requests. */
        REQUESTS,
        /** Frames that wait for an HTTP/2 peer. */
        HTTP2,
        /** Events that wait for handlers of the application. */
        LISTENERS,
        /** What extensions keep for contexts of clients. */
        CONTEXTS;

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
    /** Charged bytes by address; an address without charges has no entry. */
    private final Map<Long, Long> addresses = new ConcurrentHashMap<>();

    public MemoryBudget(long ceiling, MeterRegistry registry) {
        this.ceiling = ceiling;
        this.share = ceiling / SHARE;
        for (Use use : Use.values()) {
            AtomicLong bytes = new AtomicLong();
            usedFor.put(use, bytes);
            Gauge.builder("carillon.memory.used", bytes, AtomicLong::get)
                    .description("Memory that clients use, by use")
                    .baseUnit("bytes")
                    .tag("use", use.text())
                    .register(registry);
            refusedShare.put(use, refused(registry, use, "address"));
            refusedCeiling.put(use, refused(registry, use, "node"));
        }
        Gauge.builder("carillon.memory.budget", () -> ceiling)
                .description("Memory that clients may use in total")
                .baseUnit("bytes")
                .register(registry);
    }

    /** A budget that counts and refuses nothing. */
    public static MemoryBudget unlimited() {
        return new MemoryBudget(Long.MAX_VALUE, new CompositeMeterRegistry());
    }

    private static Counter refused(MeterRegistry registry, Use use, String bound) {
        return Counter.builder("carillon.memory.refused")
                .description("Refused requests for memory, by use and by the exceeded bound")
                .tag("use", use.text())
                .tag("bound", bound)
                .register(registry);
    }

    /**
     * Charges an address. Each charge must be {@linkplain #release released} once.
     *
     * @param bytes 0 or more
     * @return null, or the reason of a refusal: {@code too-many-requests} for the share of the address, {@code overloaded} for the total; nothing
     *     is charged then
     */
    private @Nullable ErrorCode tryCharge(long address, Use use, long bytes) {
        if (!chargeShare(address, bytes)) {
            counter(refusedShare, use).increment();
            return ErrorCode.TOO_MANY_REQUESTS;
        }
        long before;
        do {
            before = used.get();
            if (bytes > ceiling - before) {
                releaseShare(address, bytes);
                counter(refusedCeiling, use).increment();
                return ErrorCode.OVERLOADED;
            }
        } while (!used.compareAndSet(before, before + bytes));
        of(use).addAndGet(bytes);
        return null;
    }

    private boolean chargeShare(long address, long bytes) {
        if (address == NO_ADDRESS || bytes == 0) {
            return true;
        }
        boolean[] charged = new boolean[1];
        addresses.compute(address, (a, before) -> {
            long current = before == null ? 0 : before;
            charged[0] = bytes <= share - current;
            return charged[0] ? Long.valueOf(current + bytes) : before;
        });
        return charged[0];
    }

    private void releaseShare(long address, long bytes) {
        if (address != NO_ADDRESS && bytes != 0) {
            addresses.computeIfPresent(address, (a, current) -> current == bytes ? null : current - bytes);
        }
    }

    /**
     * As {@link Charge}, for a caller that keeps its own account.
     *
     * @return false: refused, and nothing is charged
     */
    public boolean charge(long address, Use use, long bytes) {
        return tryCharge(address, use, bytes) == null;
    }

    /** @throws CarillonException {@code too-many-requests} or {@code overloaded}; nothing is charged then */
    public void require(long address, Use use, long bytes) {
        ErrorCode refused = tryCharge(address, use, bytes);
        if (refused != null) {
            throw new CarillonException(
                    refused,
                    refused == ErrorCode.TOO_MANY_REQUESTS
                            ? "this client address uses too much of the node's memory"
                            : "the node's memory for clients is used up");
        }
    }

    /** Releases charged bytes. */
    public void release(long address, Use use, long bytes) {
        releaseShare(address, bytes);
        used.addAndGet(-bytes);
        of(use).addAndGet(-bytes);
    }

    /**
     * Charges memory that exists already and serves many clients, without an address. It must be released in either case.
     *
     * @return whether the total is within the budget
     */
    public boolean chargeShared(Use use, long bytes) {
        of(use).addAndGet(bytes);
        boolean holds = used.addAndGet(bytes) <= ceiling;
        if (!holds) {
            counter(refusedCeiling, use).increment();
        }
        return holds;
    }

    /** Opens an account for an object whose size changes; nothing is charged yet. */
    public Charge open(long address, Use use) {
        return new Charge(address, use);
    }

    public long ceiling() {
        return ceiling;
    }

    public long used() {
        return used.get();
    }

    /** Number of addresses with charges; for tests. */
    int addresses() {
        return addresses.size();
    }

    private AtomicLong of(Use use) {
        return Objects.requireNonNull(usedFor.get(use));
    }

    private static Counter counter(Map<Use, Counter> counters, Use use) {
        return Objects.requireNonNull(counters.get(use));
    }

    /** The account of one object of a client. Closing it releases the charge; closing it again has no effect. */
    public final class Charge implements AutoCloseable {
        private final long address;
        private final Use use;
        private long bytes;
        private boolean closed;

        private Charge(long address, Use use) {
            this.address = address;
            this.use = use;
        }

        /**
         * Changes the charge to a total of bytes.
         *
         * @return false: refused or closed, and nothing has changed
         */
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

        /** @throws CarillonException as {@link MemoryBudget#require} does; nothing has changed then */
        public synchronized void require(long total) {
            if (closed) {
                // The request has ended, so there is no answer to charge for.
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
