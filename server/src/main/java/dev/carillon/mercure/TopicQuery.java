package dev.carillon.mercure;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Interest;
import dev.carillon.http.Requests;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.template.TopicTemplate;
import io.undertow.server.HttpServerExchange;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a subscriber asks for: each selector is {@code *}, or a URI Template, or else equal to the topic.
 *
 * @param selectors as they were given, each once, at least one
 */
record TopicQuery(List<String> selectors) {
    static final int MAX_SELECTORS = 1_000;
    /** One update to a topic not seen before is held against each template whose literal prefix it has. */
    static final int MAX_TEMPLATES = 100;

    /** @throws CarillonException {@code invalid-request} where there is none, or more than {@value #MAX_SELECTORS} */
    static TopicQuery of(HttpServerExchange exchange) {
        Set<String> selectors = new LinkedHashSet<>(Requests.parameters(exchange, "topic"));
        if (selectors.isEmpty()) {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "Missing \"topic\" parameter.");
        }
        if (selectors.size() > MAX_SELECTORS) {
            throw new CarillonException(
                    ErrorCode.INVALID_REQUEST, "parameter topic: must be given at most " + MAX_SELECTORS + " times");
        }
        return new TopicQuery(List.copyOf(selectors));
    }

    /** Its URI Templates, with {@code *}; all different. */
    List<TopicTemplate> templates() {
        return selectors.stream()
                .flatMap(selector -> selector.equals(TopicTemplate.ANY.text())
                        ? Stream.of(TopicTemplate.ANY)
                        : TopicTemplate.parse(selector).stream())
                .distinct()
                .toList();
    }

    /**
     * What is joined for it.
     *
     * @param announced whether subscriptions are announced, in the tenant's {@linkplain Tenant#announcements log of announcements}
     * @throws CarillonException {@code invalid-scope} for a selector that can be no topic and is no template; {@code invalid-request} where
     *     more than {@value #MAX_TEMPLATES} are templates
     */
    List<Interest> interests(Tenant tenant, boolean announced) {
        List<Interest> interests = selectors.stream()
                .flatMap(selector -> logs(tenant, selector, announced).map(log -> interest(log, selector)))
                .distinct()
                .toList();
        if (interests.stream()
                        .filter(Interest.Matching.class::isInstance)
                        .map(interest -> ((Interest.Matching) interest).template())
                        .distinct()
                        .count()
                > MAX_TEMPLATES) {
            throw new CarillonException(
                    ErrorCode.INVALID_REQUEST, "parameter topic: at most " + MAX_TEMPLATES + " may be URI Templates");
        }
        return interests;
    }

    /** Where there can be events that the selector matches. */
    private static Stream<Tenant> logs(Tenant tenant, String selector, boolean announced) {
        if (!announced) {
            return Stream.of(tenant);
        }
        int expression = selector.indexOf('{');
        String prefix = expression < 0 ? selector : selector.substring(0, expression);
        if (prefix.startsWith(SubscriptionPath.ROOT)) {
            return Stream.of(tenant.announcements());
        }
        boolean both = selector.equals(TopicTemplate.ANY.text())
                || expression >= 0 && SubscriptionPath.ROOT.startsWith(prefix);
        return both ? Stream.of(tenant, tenant.announcements()) : Stream.of(tenant);
    }

    private static Interest interest(Tenant tenant, String selector) {
        if (selector.equals(TopicTemplate.ANY.text())) {
            return Interest.matching(tenant, TopicTemplate.ANY);
        }
        return TopicTemplate.parse(selector)
                .map(template -> Interest.matching(tenant, template))
                .orElseGet(() -> Interest.in(tenant, Scope.topic(selector)));
    }
}
