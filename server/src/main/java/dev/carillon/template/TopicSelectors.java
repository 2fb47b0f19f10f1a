package dev.carillon.template;

import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopeSelector;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A list of Mercure topic selectors. The selector {@code *} matches every topic; any other matches the topic with the same text and, if it is a URI
 * Template, the topics to which it can expand. Scopes of other kinds are not matched. All selectors are compared by text in one hash look-up;
 * templates are tried one by one.
 */
public final class TopicSelectors implements ScopeSelector {
    private final boolean any;
    private final Set<String> topics;
    private final List<TopicTemplate> templates;

    private TopicSelectors(boolean any, Set<String> topics, List<TopicTemplate> templates) {
        this.any = any;
        this.topics = topics;
        this.templates = templates;
    }

    /** Any text is a valid selector. The caller must limit their number. */
    public static TopicSelectors of(Collection<String> selectors) {
        boolean any = false;
        Set<String> topics = new HashSet<>();
        List<TopicTemplate> templates = new ArrayList<>();
        for (String selector : selectors) {
            if (selector.equals("*")) {
                any = true;
            } else if (topics.add(selector)) {
                TopicTemplate.parse(selector).ifPresent(templates::add);
            }
        }
        return any
                ? new TopicSelectors(true, Set.of(), List.of())
                : new TopicSelectors(false, Set.copyOf(topics), List.copyOf(templates));
    }

    @Override
    public boolean matches(Scope scope) {
        if (scope.kind() != Scope.Kind.TOPIC) {
            return false;
        }
        return any || topics.contains(scope.name()) || matchesTemplate(scope.name());
    }

    private boolean matchesTemplate(String topic) {
        TopicUnits units = null;
        for (TopicTemplate template : templates) {
            if (template.mayMatch(topic)) {
                units = units == null ? TopicUnits.of(topic) : units;
                if (template.matches(topic, units)) {
                    return true;
                }
            }
        }
        return false;
    }
}
