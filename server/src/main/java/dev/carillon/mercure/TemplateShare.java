package dev.carillon.mercure;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How many URI Templates the subscribers of one client address hold at a node: each costs time with every update to a topic not seen
 * before, a long one more than a short one. Thread-safe; knows addresses that hold some alone.
 */
final class TemplateShare {
    static final int MAX_OF_ADDRESS = 1_000;

    private final Map<Long, Integer> held = new ConcurrentHashMap<>();

    /**
     * Holds some more.
     *
     * @param templates {@linkplain TopicQuery#templates as they are counted}
     * @return gives them back; to be called once
     * @throws CarillonException {@code too-many-requests}: the address would hold more than {@value #MAX_OF_ADDRESS}
     */
    Runnable hold(long address, int templates) {
        if (templates == 0) {
            return () -> {};
        }
        held.compute(address, (_, known) -> {
            int before = known == null ? 0 : known;
            if (before + templates > MAX_OF_ADDRESS) {
                throw new CarillonException(
                        ErrorCode.TOO_MANY_REQUESTS,
                        "the subscribers of this address hold " + before
                                + " URI Templates (a long one counts as several), and must not hold more than "
                                + MAX_OF_ADDRESS);
            }
            return before + templates;
        });
        return () -> held.computeIfPresent(address, (_, before) -> before == templates ? null : before - templates);
    }

    /** Addresses that hold some. */
    int addresses() {
        return held.size();
    }
}
