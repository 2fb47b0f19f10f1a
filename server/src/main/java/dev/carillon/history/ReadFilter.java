package dev.carillon.history;

import dev.carillon.broker.Interest;
import dev.carillon.broker.Log;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.template.TopicTemplate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Selects events of one tenant's log by scope and by topic template. */
record ReadFilter(Tenant tenant, Set<Scope> scopes, List<TopicTemplate> templates) {
    static ReadFilter of(Tenant tenant, Collection<Interest> interests) {
        Set<Scope> scopes = new HashSet<>();
        List<TopicTemplate> templates = new ArrayList<>();
        for (Interest interest : interests) {
            if (interest.tenant().equals(tenant)) {
                switch (interest) {
                    case Interest.InScope in -> scopes.add(in.scope());
                    case Interest.Matching matching -> templates.add(matching.template());
                    case Interest.All _ -> templates.add(TopicTemplate.ANY);
                }
            }
        }
        return new ReadFilter(tenant, scopes, templates);
    }

    boolean isEmpty() {
        return scopes.isEmpty() && templates.isEmpty();
    }

    boolean covers(Scope scope) {
        return scopes.contains(scope)
                || scope.kind() == Scope.Kind.TOPIC
                        && templates.stream().anyMatch(template -> template.matches(scope.name()));
    }

    /** The scopes to pass to a read of the log. Logs do not know templates: with templates it is empty, which reads all of the tenant. */
    Collection<Scope> readScopes() {
        return templates.isEmpty() && scopes.size() <= Log.MAX_SCOPES ? scopes : List.of();
    }
}
