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
 * Decides whether a call is one of another node's, meant for this life of this node, fresh and new. Thread-safe; never blocks.
 *
 * <p>Clocks of machines are compared here, with {@link #WINDOW} of tolerance, only to bound how long nonces are kept; nothing about
 * ownership or order follows from them. Nonces are kept by a clock that only rises; of a clock that is set back see {@link SeenNonces}.
 */
public final class CallVerifier {
    /** How far the caller's clock may be from this node's, either way. */
    public static final Duration WINDOW = Duration.ofSeconds(30);

    /** A call whose time is ahead by the whole window can be taken until the window behind it has passed. */
    private static final Duration KEEP = WINDOW.multipliedBy(2).plusSeconds(1);

    private static final int MAX_NONCES = 100_000;
    private static final Duration LOG_PAUSE = Duration.ofSeconds(10);
    private static final Logger LOGGER = LoggerFactory.getLogger(CallVerifier.class);

    private final Secrets secrets;
    private final CallSigner.Self self;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final SeenNonces nonces;
    private final Counter received;
    private final Map<Refusal, Counter> refused = new EnumMap<>(Refusal.class);
    private final Map<Refusal, AtomicLong> logged = new EnumMap<>(Refusal.class);

    /** Why a call was refused; the label of its metric. */
    enum Refusal {
        UNSIGNED,
        MALFORMED,
        SIGNATURE,
        WRONG_NODE,
        WRONG_GENERATION,
        STALE,
        REPLAYED,
        OVERLOADED,
        BODY;

        private String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** A call that was taken, but for its body. */
    public final class Taken {
        private final CallHeader header;

        private Taken(CallHeader header) {
            this.header = header;
        }

        public String caller() {
            return header.caller();
        }

        /** @throws CarillonException {@code call-refused} for another body than the one that was signed */
        public void mustBe(byte[] body) {
            if (!header.isOf(body)) {
                throw refuse(Refusal.BODY, ErrorCode.CALL_REFUSED, "the body is not the one that was signed");
            }
        }
    }

    public CallVerifier(
            Secrets secrets, CallSigner.Self self, InstantSource clock, LongSupplier nanoTime, MeterRegistry registry) {
        this(secrets, self, clock, nanoTime, registry, MAX_NONCES);
    }

    CallVerifier(
            Secrets secrets,
            CallSigner.Self self,
            InstantSource clock,
            LongSupplier nanoTime,
            MeterRegistry registry,
            int maxNonces) {
        this.secrets = secrets;
        this.self = self;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.nonces = new SeenNonces(maxNonces, KEEP, nanoTime);
        this.received = registry.counter("carillon.cluster.calls.received");
        for (Refusal reason : Refusal.values()) {
            refused.put(reason, registry.counter("carillon.cluster.calls.refused", "reason", reason.label()));
            logged.put(reason, new AtomicLong(nanoTime.getAsLong() - LOG_PAUSE.toNanos()));
        }
    }

    /**
     * Takes a call, once. Its body must be checked by {@link Taken#mustBe}.
     *
     * @param path with the query, as it was received
     * @param headers every value of {@link CallSigner#HEADER}
     * @throws CarillonException {@code call-refused}, {@code wrong-node}, or {@code overloaded} when too many calls came within the window
     */
    public Taken take(String method, String path, List<String> headers) {
        received.increment();
        if (headers.isEmpty()) {
            throw refuse(Refusal.UNSIGNED, ErrorCode.CALL_REFUSED, "only calls that a node signed are answered here");
        }
        CallHeader.Signed call = CallHeader.parse(headers.size() == 1 ? headers.getFirst() : "")
                .orElseThrow(() -> refuse(
                        Refusal.MALFORMED,
                        ErrorCode.CALL_REFUSED,
                        "header " + CallSigner.HEADER + ": has a form or version that this node does not know"));
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
            throw refuse(Refusal.WRONG_NODE, ErrorCode.WRONG_NODE, "this is another node than the one that was called");
        }
        if (header.calleeGeneration() != self.generation()) {
            throw refuse(
                    Refusal.WRONG_GENERATION, ErrorCode.WRONG_NODE, "the node that was called has been started anew");
        }
        long apart = Math.abs(clock.millis() - header.millis());
        if (apart > WINDOW.toMillis()) {
            throw refuse(
                    Refusal.STALE,
                    ErrorCode.CALL_REFUSED,
                    "the call was signed " + apart / 1_000 + " s away from this node's clock, at most "
                            + WINDOW.toSeconds() + " s are tolerated: synchronize the clocks (NTP)");
        }
        switch (nonces.add(header.nonce(), header.millis())) {
            case NEW -> {}
            case STALE ->
                throw refuse(
                        Refusal.STALE,
                        ErrorCode.CALL_REFUSED,
                        "the call was signed before others that are forgotten already, so it may be a repetition: "
                                + "the clock was set back; wait until it has passed that time, or start this node anew");
            case SEEN -> throw refuse(Refusal.REPLAYED, ErrorCode.CALL_REFUSED, "this call has been received before");
            case FULL ->
                throw refuse(Refusal.OVERLOADED, ErrorCode.OVERLOADED, "too many calls within a minute: try again");
        }
        return new Taken(header);
    }

    private CarillonException refuse(Refusal reason, ErrorCode code, String message) {
        Counter counter = refused.get(reason);
        if (counter != null) {
            counter.increment();
        }
        AtomicLong last = logged.get(reason);
        long now = nanoTime.getAsLong();
        long before = last == null ? now : last.get();
        // A line for each reason and pause: any stranger who reaches the port can send bad calls.
        if (last != null && now - before >= LOG_PAUSE.toNanos() && last.compareAndSet(before, now)) {
            LOGGER.atWarn()
                    .addKeyValue("node", self.id())
                    .addKeyValue("reason", message)
                    .log("a call from another node was refused");
        }
        return new CarillonException(code, message);
    }
}
