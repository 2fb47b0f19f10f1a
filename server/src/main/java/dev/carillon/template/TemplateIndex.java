package dev.carillon.template;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The templates that the subscriptions of a node hold, and which of them match an event. Thread-safe; what {@link #add} and
 * {@link #remove} did is seen by every look-up that begins later.
 *
 * <p>Results of the {@value #MAX_REMEMBERED} topics seen last, or fewer if many templates match them, are remembered for a minute, until
 * the first holder of a template of their tenant comes or the last one goes. Else a look-up tries the templates whose literal prefix
 * the topic has.
 */
public final class TemplateIndex {
    /** Different ones, of all tenants. */
    public static final int MAX_TEMPLATES = 20_000;

    private static final int MAX_REMEMBERED = 10_000;
    private static final Duration REMEMBERED = Duration.ofMinutes(1);

    private record Key(Tenant tenant, String topic) {}

    /** @param state of the tenant's templates when it was found */
    private record Result(long state, List<TopicTemplate> templates) {}

    /** Of one tenant. Changed by one thread at a time, within {@link #tenants}. */
    private static final class Held {
        private final Map<TopicTemplate, Integer> holders = new HashMap<>();
        private final TemplatePrefixes prefixes = new TemplatePrefixes();
        /** Changes after the templates did: who read it before finds its result stale. */
        private volatile long state;
    }

    private final Map<Tenant, Held> tenants = new ConcurrentHashMap<>();
    private final AtomicInteger size = new AtomicInteger();
    /** Of all tenants, so that a tenant that comes again begins with another one. */
    private final AtomicLong lastState = new AtomicLong();

    private final Cache<Key, Result> results = Caffeine.newBuilder()
            .maximumWeight(MAX_REMEMBERED)
            .<Key, Result>weigher((_, result) -> 1 + result.templates().size() / 16)
            .expireAfterAccess(REMEMBERED)
            .build();

    /**
     * One more holds it.
     *
     * @throws CarillonException {@code overloaded}: {@value #MAX_TEMPLATES} other ones are held, or too many of the tenant would have to be
     *     tried with one topic; nothing has changed
     */
    public void add(Tenant tenant, TopicTemplate template) {
        tenants.compute(tenant, (_, known) -> {
            Held held = known == null ? new Held() : known;
            Integer holders = held.holders.get(template);
            if (holders == null) {
                reserve();
                if (!held.prefixes.add(template)) {
                    size.decrementAndGet();
                    throw new CarillonException(
                            ErrorCode.OVERLOADED,
                            "this node holds as many templates with common prefixes as it can try with each event");
                }
                held.state = lastState.incrementAndGet();
            }
            held.holders.put(template, holders == null ? 1 : holders + 1);
            return held;
        });
    }

    /** One less holds it; nothing happens if nobody does. */
    public void remove(Tenant tenant, TopicTemplate template) {
        tenants.computeIfPresent(tenant, (_, held) -> {
            Integer holders = held.holders.get(template);
            if (holders == null) {
                return held;
            }
            if (holders > 1) {
                held.holders.put(template, holders - 1);
                return held;
            }
            held.holders.remove(template);
            held.prefixes.remove(template);
            held.state = lastState.incrementAndGet();
            size.decrementAndGet();
            return held.holders.isEmpty() ? null : held;
        });
    }

    /** Those held in the tenant that match a topic among the scopes, each once. */
    public List<TopicTemplate> matching(Tenant tenant, Collection<Scope> scopes) {
        Held held = tenants.get(tenant);
        if (held == null) {
            return List.of();
        }
        Set<TopicTemplate> all = null;
        List<TopicTemplate> first = List.of();
        for (Scope scope : scopes) {
            if (scope.kind() != Scope.Kind.TOPIC) {
                continue;
            }
            List<TopicTemplate> found = matching(tenant, held, scope.name());
            if (first.isEmpty()) {
                first = found;
            } else if (!found.isEmpty()) {
                all = all == null ? new LinkedHashSet<>(first) : all;
                all.addAll(found);
            }
        }
        return all == null ? first : List.copyOf(all);
    }

    /** Those held in the tenant, in no order. */
    public List<TopicTemplate> held(Tenant tenant) {
        List<TopicTemplate> all = new ArrayList<>();
        // Within the map's own exclusion: what is held changes there alone.
        tenants.computeIfPresent(tenant, (_, held) -> {
            all.addAll(held.holders.keySet());
            return held;
        });
        return all;
    }

    /** How many different ones are held, in all tenants. */
    public int size() {
        return size.get();
    }

    private List<TopicTemplate> matching(Tenant tenant, Held held, String topic) {
        long state = held.state;
        Key key = new Key(tenant, topic);
        Result known = results.getIfPresent(key);
        if (known != null && known.state() == state) {
            return known.templates();
        }
        List<TopicTemplate> templates = held.prefixes.matching(topic);
        results.put(key, new Result(state, templates));
        return templates;
    }

    private void reserve() {
        if (size.incrementAndGet() > MAX_TEMPLATES) {
            size.decrementAndGet();
            throw new CarillonException(
                    ErrorCode.OVERLOADED,
                    "this node holds " + MAX_TEMPLATES + " different templates, which is the most");
        }
    }
}
