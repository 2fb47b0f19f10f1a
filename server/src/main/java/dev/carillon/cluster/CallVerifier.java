package dev.carillon.cluster;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.secret.Secrets;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Verifies that a call was signed by a node of the cluster for this generation of this node, and is recent and not a replay. Thread-safe;
 * never blocks.
 *
 * <p>Clocks of machines are compared here, with {@link #WINDOW} of tolerance, only to limit how long nonces are stored; ownership and
 * order do not depend on it. The retention of nonces uses a monotonic clock; see {@link SeenNonces} for clocks that are set back.
 */
public final class CallVerifier {
    /** Maximum difference between the caller's clock and this node's, in either direction. */
    public static final Duration WINDOW = Duration.ofSeconds(30);

    /** A call whose time is ahead by the whole window stays acceptable until the window behind it has passed. */
    private static final Duration NONCE_RETENTION = WINDOW.multipliedBy(2).plusSeconds(1);

    private static final int MAX_NONCES = 100_000;
    private static final Duration LOG_INTERVAL = Duration.ofSeconds(10);
    private static final Logger LOGGER = LoggerFactory.getLogger(CallVerifier.class);

    private final Secrets secrets;
    private final CallSigner.NodeIdentity self;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final SeenNonces nonces;
    private final Counter received;
    private final Map<Refusal, Counter> refused = new EnumMap<>(Refusal.class);
    private final Map<Refusal, AtomicLong> logged = new EnumMap<>(Refusal.class);

    /** The reason of a refusal; the label of its metric. */
    enum Refusal {
        UNSIGNED,
        MALFORMED,
        SIGNATURE,
        WRONG_NODE,
        WRONG_GENERATION,
        STALE,
        REPLAYED,
        OVERLOADED,
        BODY,
        /** Of a later release. */
        UNKNOWN;

        private String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** Counts and logs a verified call that this release does not know. */
    public void noteUnknown(CarillonException e) {
        CarillonException _ = refuse(Refusal.UNKNOWN, e.code(), String.valueOf(e.getMessage()));
    }

    /** A call whose header was verified; its body must still be checked. */
    public final class Accepted {
        private final CallHeader header;

        private Accepted(CallHeader header) {
            this.header = header;
        }

        public String caller() {
            return header.caller();
        }

        /** @throws CarillonException {@code call-refused} if this is not the signed body */
        public void verifyBody(byte[] body) {
            if (!header.isOf(body)) {
                throw refuse(Refusal.BODY, ErrorCode.CALL_REFUSED, "the body differs from the signed one");
            }
        }

        /** @throws CarillonException {@code call-refused} if this is not the part that was signed for this place */
        void verifyPart(long index, byte[] part, String signature) {
            if (!new CallParts(secrets, header.nonce()).verify(index, part, signature)) {
                throw refuse(Refusal.BODY, ErrorCode.CALL_REFUSED, "a part of the body differs from the signed one");
            }
        }
    }

    public CallVerifier(
            Secrets secrets,
            CallSigner.NodeIdentity self,
            InstantSource clock,
            LongSupplier nanoTime,
            MeterRegistry registry) {
        this(secrets, self, clock, nanoTime, registry, MAX_NONCES);
    }

    CallVerifier(
            Secrets secrets,
            CallSigner.NodeIdentity self,
            InstantSource clock,
            LongSupplier nanoTime,
            MeterRegistry registry,
            int maxNonces) {
        this.secrets = secrets;
        this.self = self;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.nonces = new SeenNonces(maxNonces, NONCE_RETENTION, nanoTime);
        this.received = Counter.builder("carillon.cluster.calls.received")
                .description("Calls that reached the internal port of this node")
                .register(registry);
        for (Refusal reason : Refusal.values()) {
            refused.put(
                    reason,
                    Counter.builder("carillon.cluster.calls.refused")
                            .description("Calls from other nodes that this node refused, by reason")
                            .tag("reason", reason.label())
                            .register(registry));
            logged.put(reason, new AtomicLong(nanoTime.getAsLong() - LOG_INTERVAL.toNanos()));
        }
    }

    /**
     * Verifies a call. A call is accepted once; its body must be checked by {@link Accepted#verifyBody}.
     *
     * @param path path with query, as received
     * @param headers every value of {@link CallSigner#HEADER}
     * @throws CarillonException {@code call-refused}, {@code wrong-node}, or {@code overloaded} when too many calls arrive within the
     *     window
     */
    public Accepted accept(String method, String path, List<String> headers) {
        received.increment();
        if (headers.isEmpty()) {
            throw refuse(Refusal.UNSIGNED, ErrorCode.CALL_REFUSED, "a call must be signed by a node of this cluster");
        }
        CallHeader.Signed call = CallHeader.parse(headers.size() == 1 ? headers.getFirst() : "")
                .orElseThrow(() -> refuse(
                        Refusal.MALFORMED,
                        ErrorCode.CALL_REFUSED,
                        "header " + CallSigner.HEADER + ": has an unknown form or version"));
        CallHeader header = call.header();
        if (!secrets.verify(CallHeader.PURPOSE, header.signed(method, path), call.signature())) {
            throw refuse(
                    Refusal.SIGNATURE,
                    ErrorCode.CALL_REFUSED,
                    secrets.isRandom()
                            ? "this node was started without a secret and can verify no other node's calls: set secret, the same on every node"
                            : "the signature does not match: secret must be the same on every node");
        }
        if (!header.callee().equals(self.id())) {
            throw refuse(Refusal.WRONG_NODE, ErrorCode.WRONG_NODE, "the call was addressed to another node");
        }
        if (header.calleeGeneration() != self.generation()) {
            throw refuse(Refusal.WRONG_GENERATION, ErrorCode.WRONG_NODE, "the called node has restarted since");
        }
        long apart = Math.abs(clock.millis() - header.millis());
        if (apart > WINDOW.toMillis()) {
            throw refuse(
                    Refusal.STALE,
                    ErrorCode.CALL_REFUSED,
                    "the call was signed " + apart / 1_000 + " s apart from this node's clock, at most "
                            + WINDOW.toSeconds() + " s are tolerated: synchronize the clocks (NTP)");
        }
        switch (nonces.add(header.nonce(), header.millis())) {
            case NEW -> {}
            case STALE ->
                throw refuse(
                        Refusal.STALE,
                        ErrorCode.CALL_REFUSED,
                        "the call is older than the nonces that this node still stores, so it may be a replay: "
                                + "a clock was set back; wait until it has passed that time, or restart this node");
            case SEEN -> throw refuse(Refusal.REPLAYED, ErrorCode.CALL_REFUSED, "this call has been received before");
            case FULL ->
                throw refuse(
                        Refusal.OVERLOADED, ErrorCode.OVERLOADED, "too many calls within a minute: try again later");
        }
        return new Accepted(header);
    }

    private CarillonException refuse(Refusal reason, ErrorCode code, String message) {
        Counter counter = refused.get(reason);
        if (counter != null) {
            counter.increment();
        }
        AtomicLong last = logged.get(reason);
        long now = nanoTime.getAsLong();
        long before = last == null ? now : last.get();
        // One line per reason and interval: anyone who can reach the port can send bad calls.
        if (last != null && now - before >= LOG_INTERVAL.toNanos() && last.compareAndSet(before, now)) {
            LOGGER.atWarn()
                    .addKeyValue("node", self.id())
                    .addKeyValue("reason", message)
                    .log("a call from another node was refused");
        }
        return new CarillonException(code, message);
    }
}
