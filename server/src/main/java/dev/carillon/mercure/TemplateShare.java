package dev.carillon.mercure;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.template.TopicTemplate;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * The URI Templates that the subscribers of one client address hold at a node: each costs time with every update to a topic not seen
 * before, a long one more than a short one, and one that many hold no more than one that one holds. Thread-safe; knows addresses that hold
 * some alone.
 */
final class TemplateShare {
    static final int MAX_OF_ADDRESS = 1_000;

    // Guarded by this, with what it holds.
    private final Map<Long, Held> addresses = new HashMap<>();

    /** Of one address: how many subscribers hold each, and what they weigh together. */
    private static final class Held {
        final Map<TopicTemplate, Integer> holders = new HashMap<>();
        int weight;
    }

    /**
     * Holds some more.
     *
     * @param templates all different
     * @return gives them back; to be called once
     * @throws CarillonException {@code too-many-requests}: those of the address would weigh more than {@value #MAX_OF_ADDRESS}
     */
    synchronized Runnable hold(long address, Collection<TopicTemplate> templates) {
        if (templates.isEmpty()) {
            return () -> {};
        }
        Held known = addresses.get(address);
        Held held = known == null ? new Held() : known;
        int added = templates.stream()
                .filter(template -> !held.holders.containsKey(template))
                .mapToInt(TemplateShare::weight)
                .sum();
        if (held.weight + added > MAX_OF_ADDRESS) {
            throw new CarillonException(
                    ErrorCode.TOO_MANY_REQUESTS,
                    "the subscribers of this address hold URI Templates that count as " + held.weight
                            + ", and must not hold more than " + MAX_OF_ADDRESS);
        }
        addresses.put(address, held);
        held.weight += added;
        templates.forEach(template -> held.holders.merge(template, 1, Integer::sum));
        return () -> giveBack(address, templates);
    }

    private synchronized void giveBack(long address, Collection<TopicTemplate> templates) {
        Held held = addresses.get(address);
        if (held == null) {
            return;
        }
        for (TopicTemplate template : templates) {
            if (held.holders.computeIfPresent(template, (t, n) -> n == 1 ? null : n - 1) == null) {
                held.weight -= weight(template);
            }
        }
        if (held.holders.isEmpty()) {
            addresses.remove(address);
        }
    }

    /** One, and more for a long one. */
    static int weight(TopicTemplate template) {
        return Math.max(1, template.words());
    }

    /** Addresses that hold some. */
    synchronized int addresses() {
        return addresses.size();
    }
}
