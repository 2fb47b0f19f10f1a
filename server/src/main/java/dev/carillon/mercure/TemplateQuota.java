package dev.carillon.mercure;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.template.TopicTemplate;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * Limits the URI Templates that the subscribers of one client address use at a node. Each template costs time with every update to a topic
 * not seen before, in proportion to its length; subscribers share equal templates at no further cost. Thread-safe; holds only addresses
 * that use templates.
 */
final class TemplateQuota {
    static final int MAX_PER_ADDRESS = 1_000;

    // Guarded by this, including the values.
    private final Map<Long, Usage> addresses = new HashMap<>();

    /** The templates of one address with their reference counts, and their total weight. */
    private static final class Usage {
        final Map<TopicTemplate, Integer> references = new HashMap<>();
        int weight;
    }

    /**
     * Acquires the templates of one subscriber.
     *
     * @param templates without duplicates
     * @return the task that releases them, to be called once
     * @throws CarillonException {@code too-many-requests} when the address would exceed a weight of {@value #MAX_PER_ADDRESS}
     */
    synchronized Runnable acquire(long address, Collection<TopicTemplate> templates) {
        if (templates.isEmpty()) {
            return () -> {};
        }
        Usage known = addresses.get(address);
        Usage usage = known == null ? new Usage() : known;
        int added = templates.stream()
                .filter(template -> !usage.references.containsKey(template))
                .mapToInt(TemplateQuota::weight)
                .sum();
        if (usage.weight + added > MAX_PER_ADDRESS) {
            throw new CarillonException(
                    ErrorCode.TOO_MANY_REQUESTS,
                    "URI Template limit exceeded for this client address: weight " + usage.weight + " of "
                            + MAX_PER_ADDRESS + " is in use");
        }
        addresses.put(address, usage);
        usage.weight += added;
        templates.forEach(template -> usage.references.merge(template, 1, Integer::sum));
        return () -> release(address, templates);
    }

    private synchronized void release(long address, Collection<TopicTemplate> templates) {
        Usage usage = addresses.get(address);
        if (usage == null) {
            return;
        }
        for (TopicTemplate template : templates) {
            if (usage.references.computeIfPresent(template, (t, n) -> n == 1 ? null : n - 1) == null) {
                usage.weight -= weight(template);
            }
        }
        if (usage.references.isEmpty()) {
            addresses.remove(address);
        }
    }

    /** The number of the template's words, at least one. */
    static int weight(TopicTemplate template) {
        return Math.max(1, template.words());
    }

    /** The number of addresses that use templates. */
    synchronized int addresses() {
        return addresses.size();
    }
}
