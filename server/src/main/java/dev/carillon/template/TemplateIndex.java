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
 * Index of the templates to which clients of a node subscribe, with reference counts. It finds the templates that match an event. Thread-safe; a
 * look-up sees every {@link #add} and {@link #remove} that returned before.
 *
 * <p>Results are cached for one minute, for up to {@value #MAX_CACHED} topics, or fewer if many templates match. A result is stale when the set
 * of its tenant's templates changes. A look-up without a cached result tries the templates with whose literal prefix the topic begins.
 */
public final class TemplateIndex {
    /** Maximum number of different templates, of all tenants together. */
    public static final int MAX_TEMPLATES = 20_000;

    private static final int MAX_CACHED = 10_000;
    private static final Duration MAX_IDLE = Duration.ofMinutes(1);

    private record Key(Tenant tenant, String topic) {}

    /** @param version version of the tenant's templates before the look-up */
    private record Result(long version, List<TopicTemplate> templates) {}

    /** The templates of one tenant. Changed by one thread at a time, inside {@link ConcurrentHashMap#compute} of {@link #tenants}. */
    private static final class TenantTemplates {
        private final Map<TopicTemplate, Integer> references = new HashMap<>();
        private final TemplatePrefixes prefixes = new TemplatePrefixes();
        /** Changed after the templates, so that a result of a concurrent look-up is stale. */
        private volatile long version;
    }

    private final Map<Tenant, TenantTemplates> tenants = new ConcurrentHashMap<>();
    private final AtomicInteger size = new AtomicInteger();
    /** Shared by all tenants, so that a tenant that was removed and added again gets a new version. */
    private final AtomicLong lastVersion = new AtomicLong();

    private final Cache<Key, Result> results = Caffeine.newBuilder()
            .maximumWeight(MAX_CACHED)
            .<Key, Result>weigher((_, result) -> 1 + result.templates().size() / 16)
            .expireAfterAccess(MAX_IDLE)
            .build();

    /**
     * Adds a reference to a template.
     *
     * @throws CarillonException {@code overloaded} if the index has {@value #MAX_TEMPLATES} other templates, or if one look-up would have to try
     *     too many templates of the tenant; the index is unchanged
     */
    public void add(Tenant tenant, TopicTemplate template) {
        tenants.compute(tenant, (_, known) -> {
            TenantTemplates templates = known == null ? new TenantTemplates() : known;
            Integer references = templates.references.get(template);
            if (references == null) {
                reserve();
                if (!templates.prefixes.add(template)) {
                    size.decrementAndGet();
                    throw new CarillonException(
                            ErrorCode.OVERLOADED,
                            "this node has the maximum number of topic templates with a common prefix: use templates with more"
                                    + " text before the first expression");
                }
                templates.version = lastVersion.incrementAndGet();
            }
            templates.references.put(template, references == null ? 1 : references + 1);
            return templates;
        });
    }

    /** Removes a reference to a template; has no effect if there is none. */
    public void remove(Tenant tenant, TopicTemplate template) {
        tenants.computeIfPresent(tenant, (_, templates) -> {
            Integer references = templates.references.get(template);
            if (references == null) {
                return templates;
            }
            if (references > 1) {
                templates.references.put(template, references - 1);
                return templates;
            }
            templates.references.remove(template);
            templates.prefixes.remove(template);
            templates.version = lastVersion.incrementAndGet();
            size.decrementAndGet();
            return templates.references.isEmpty() ? null : templates;
        });
    }

    /** The tenant's templates that match at least one topic among the scopes, without duplicates. */
    public List<TopicTemplate> matching(Tenant tenant, Collection<Scope> scopes) {
        TenantTemplates templates = tenants.get(tenant);
        if (templates == null) {
            return List.of();
        }
        Set<TopicTemplate> all = null;
        List<TopicTemplate> first = List.of();
        for (Scope scope : scopes) {
            if (scope.kind() != Scope.Kind.TOPIC) {
                continue;
            }
            List<TopicTemplate> found = matching(tenant, templates, scope.name());
            if (first.isEmpty()) {
                first = found;
            } else if (!found.isEmpty()) {
                all = all == null ? new LinkedHashSet<>(first) : all;
                all.addAll(found);
            }
        }
        return all == null ? first : List.copyOf(all);
    }

    /** The tenant's templates, in no particular order. */
    public List<TopicTemplate> held(Tenant tenant) {
        List<TopicTemplate> all = new ArrayList<>();
        // The map runs this exclusively with add and remove.
        tenants.computeIfPresent(tenant, (_, templates) -> {
            all.addAll(templates.references.keySet());
            return templates;
        });
        return all;
    }

    /** Number of different templates, of all tenants together. */
    public int size() {
        return size.get();
    }

    private List<TopicTemplate> matching(Tenant tenant, TenantTemplates templates, String topic) {
        // Read before the templates, see TenantTemplates.version.
        long version = templates.version;
        Key key = new Key(tenant, topic);
        Result known = results.getIfPresent(key);
        if (known != null && known.version() == version) {
            return known.templates();
        }
        List<TopicTemplate> found = templates.prefixes.matching(topic);
        results.put(key, new Result(version, found));
        return found;
    }

    private void reserve() {
        if (size.incrementAndGet() > MAX_TEMPLATES) {
            size.decrementAndGet();
            throw new CarillonException(
                    ErrorCode.OVERLOADED,
                    "this node has " + MAX_TEMPLATES
                            + " different topic templates, the maximum: share templates, or add nodes");
        }
    }
}
