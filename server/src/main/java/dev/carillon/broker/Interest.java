package dev.carillon.broker;

import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.template.TopicTemplate;
import org.jspecify.annotations.Nullable;

/** The events of a tenant that a client or a node receives: those of one scope, those whose topics match a template, or all. */
public sealed interface Interest {
    /** The events of one scope. */
    record InScope(Tenant tenant, Scope scope) implements Interest {
        @Override
        public boolean covers(Event event) {
            return tenant.equals(event.tenant()) && event.scopes().contains(scope);
        }

        @Override
        public String toString() {
            return tenant + "/" + scope.text();
        }
    }

    /** The events with a topic that the template matches. Brokers do not know templates: see {@link #joined()}. */
    @SuppressWarnings("exports") // only the hub uses templates; brokers join all of the tenant instead
    record Matching(Tenant tenant, TopicTemplate template) implements Interest {
        @Override
        public @Nullable Scope scope() {
            return null;
        }

        @Override
        public Interest joined() {
            return all(tenant);
        }

        @Override
        public boolean covers(Event event) {
            return tenant.equals(event.tenant())
                    && event.scopes().stream()
                            .anyMatch(scope -> scope.kind() == Scope.Kind.TOPIC && template.matches(scope.name()));
        }

        @Override
        public String toString() {
            return tenant + "/" + template.text();
        }
    }

    /** All events of the tenant. */
    record All(Tenant tenant) implements Interest {
        @Override
        public @Nullable Scope scope() {
            return null;
        }

        @Override
        public boolean covers(Event event) {
            return tenant.equals(event.tenant());
        }

        @Override
        public String toString() {
            return tenant + "/*";
        }
    }

    static Interest in(Tenant tenant, Scope scope) {
        return new InScope(scope.kind() == Scope.Kind.SYSTEM ? Tenant.SYSTEM : tenant, scope);
    }

    @SuppressWarnings("exports")
    static Interest matching(Tenant tenant, TopicTemplate template) {
        return new Matching(tenant, template);
    }

    static Interest all(Tenant tenant) {
        return new All(tenant);
    }

    Tenant tenant();

    /** The scope; null for interests that are not limited to one. */
    @Nullable
    Scope scope();

    /** The interest that a node joins at the broker for this one. */
    default Interest joined() {
        return this;
    }

    boolean covers(Event event);
}
