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

/** What somebody is to have of one tenant's log: its scopes, and the topics that its templates match. */
record Wanted(Tenant tenant, Set<Scope> scopes, List<TopicTemplate> templates) {
    static Wanted of(Tenant tenant, Collection<Interest> interests) {
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
        return new Wanted(tenant, scopes, templates);
    }

    boolean isNothing() {
        return scopes.isEmpty() && templates.isEmpty();
    }

    boolean covers(Scope scope) {
        return scopes.contains(scope)
                || scope.kind() == Scope.Kind.TOPIC
                        && templates.stream().anyMatch(template -> template.matches(scope.name()));
    }

    /** What to name when reading: logs do not know templates, so for them all of the tenant, which is nothing named. */
    Collection<Scope> read() {
        return templates.isEmpty() && scopes.size() <= Log.MAX_SCOPES ? scopes : List.of();
    }
}
