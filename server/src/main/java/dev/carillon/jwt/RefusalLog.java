package dev.carillon.jwt;

import dev.carillon.auth.RefusedException;
import dev.carillon.base.ErrorCode;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Counts refused tokens, and logs the reasons, without the tokens. As any client can send invalid tokens, each reason is logged at most once per {@link
 * #INTERVAL}, with the number of refusals in between. Thread-safe.
 */
public final class RefusalLog {
    static final Duration INTERVAL = Duration.ofSeconds(10);
    /** Further reasons are counted as one. Most reasons are fixed texts; only tokens with a valid signature cause others. */
    static final int MAX_REASONS = 64;

    private static final Logger LOGGER = LoggerFactory.getLogger(RefusalLog.class);
    private static final String OTHER_REASONS = "others";

    private final String presenter;
    private final MeterRegistry registry;
    private final LongSupplier nanoTime;
    private final Map<String, Reason> reasons = new ConcurrentHashMap<>();

    /**
     * @param loggedNanos time of the last line for the reason
     * @param suppressed number of refusals since then
     */
    private record Reason(long loggedNanos, AtomicLong suppressed) {}

    /**
     * @param presenter name of the clients that present the tokens, for example {@code publishers}
     * @param nanoTime monotonic clock in nanoseconds
     */
    public RefusalLog(String presenter, MeterRegistry registry, LongSupplier nanoTime) {
        this.presenter = presenter;
        this.registry = registry;
        // From the start, so that the first refusal is an increase.
        counter(ErrorCode.TOKEN_INVALID);
        counter(ErrorCode.TOKEN_EXPIRED);
        this.nanoTime = nanoTime;
    }

    /**
     * Logs the refusal if the stage fails with {@link RefusedException}.
     *
     * @param hint supplier of a possible cause for the log, called only for a line whose refusal has no hint
     * @return a stage with the same result
     */
    public <T> CompletionStage<T> watch(CompletionStage<T> stage, Supplier<String> hint) {
        return stage.whenComplete((granted, e) -> {
            Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
            if (cause instanceof RefusedException refused) {
                refused(refused, hint);
            }
        });
    }

    private Counter counter(ErrorCode code) {
        return Counter.builder("carillon.tokens.refused")
                .description("Tokens that were refused, by presenter and error code")
                .tag("presenter", presenter)
                .tag("code", code.code())
                .register(registry);
    }

    private void refused(RefusedException refused, Supplier<String> hint) {
        counter(refused.code()).increment();
        String reason = String.valueOf(refused.getMessage());
        String counted = reasons.size() < MAX_REASONS || reasons.containsKey(reason) ? reason : OTHER_REASONS;
        long now = nanoTime.getAsLong();
        Reason current = new Reason(now, new AtomicLong());
        Reason before = reasons.get(counted);
        if (before != null && now - before.loggedNanos() < INTERVAL.toNanos()) {
            before.suppressed().incrementAndGet();
            return;
        }
        boolean first = before == null
                ? reasons.putIfAbsent(counted, current) == null
                : reasons.replace(counted, before, current);
        if (!first) {
            return;
        }
        // Every token expires at some time, so this needs no warning.
        Level level = refused.code() == ErrorCode.TOKEN_EXPIRED ? Level.INFO : Level.WARN;
        LoggingEventBuilder line =
                LOGGER.atLevel(level).addKeyValue("presenter", presenter).addKeyValue("reason", reason);
        String cause = refused.hint().isEmpty() ? hint.get() : refused.hint();
        if (!cause.isEmpty()) {
            line = line.addKeyValue("hint", cause);
        }
        line.addKeyValue("suppressed", before == null ? 0 : before.suppressed().get())
                .log("token refused");
    }
}
