package dev.carillon.jwt;

import dev.carillon.auth.RefusedException;
import dev.carillon.base.ErrorCode;
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
 * Tells the operator why tokens are refused, without the tokens: a line for each reason every {@link #PAUSE} at most, as any client can
 * send bad ones. Thread-safe.
 */
public final class RefusalLog {
    static final Duration PAUSE = Duration.ofSeconds(10);
    /** More reasons than that share one: most are fixed texts, claims need a signature. */
    static final int MAX_REASONS = 64;

    private static final Logger LOGGER = LoggerFactory.getLogger(RefusalLog.class);
    private static final String OTHER = "others";

    private final String tokens;
    private final LongSupplier nanoTime;
    private final Map<String, Count> reasons = new ConcurrentHashMap<>();

    /** @param since how many were refused after the last line for the reason: the next line has their number */
    private record Count(long toldAt, AtomicLong since) {}

    /** @param tokens of whom they are, as in {@code publishers} */
    public RefusalLog(String tokens, LongSupplier nanoTime) {
        this.tokens = tokens;
        this.nanoTime = nanoTime;
    }

    /**
     * The same stage, whose refusal is told.
     *
     * @param hint what the operator may look at, where the refusal itself does not say so; called for a line of the log alone
     */
    public <T> CompletionStage<T> watch(CompletionStage<T> stage, Supplier<String> hint) {
        return stage.whenComplete((granted, e) -> {
            Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
            if (cause instanceof RefusedException refused) {
                refused(refused, hint);
            }
        });
    }

    private void refused(RefusedException refused, Supplier<String> hint) {
        String reason = String.valueOf(refused.getMessage());
        String counted = reasons.size() < MAX_REASONS || reasons.containsKey(reason) ? reason : OTHER;
        long now = nanoTime.getAsLong();
        Count mine = new Count(now, new AtomicLong());
        Count before = reasons.get(counted);
        if (before != null && now - before.toldAt() < PAUSE.toNanos()) {
            before.since().incrementAndGet();
            return;
        }
        boolean first =
                before == null ? reasons.putIfAbsent(counted, mine) == null : reasons.replace(counted, before, mine);
        if (!first) {
            return;
        }
        // To expire is what tokens do.
        Level level = refused.code() == ErrorCode.TOKEN_EXPIRED ? Level.INFO : Level.WARN;
        LoggingEventBuilder line =
                LOGGER.atLevel(level).addKeyValue("of", tokens).addKeyValue("reason", reason);
        String more = refused.hint().isEmpty() ? hint.get() : refused.hint();
        if (!more.isEmpty()) {
            line = line.addKeyValue("hint", more);
        }
        line.addKeyValue("others", before == null ? 0 : before.since().get()).log("a token was refused");
    }
}
