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
 * The topic selectors of a subscriber. A selector is {@code *}, a URI Template, or else the topic itself.
 *
 * @param selectors as given, without duplicates, at least one
 */
record TopicQuery(List<String> selectors) {
    static final int MAX_SELECTORS = 1_000;
    /** An update to a topic not seen before is compared with each template whose literal prefix it has. */
    static final int MAX_TEMPLATES = 100;

    /** @throws CarillonException {@code invalid-request} for no selector, or more than {@value #MAX_SELECTORS} */
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

    /** Its URI Templates, including {@code *}, without duplicates. */
    List<TopicTemplate> templates() {
        return selectors.stream()
                .flatMap(selector -> selector.equals(TopicTemplate.ANY.text())
                        ? Stream.of(TopicTemplate.ANY)
                        : TopicTemplate.parse(selector).stream())
                .distinct()
                .toList();
    }

    /**
     * Returns the interests to join.
     *
     * @param announced whether subscriptions are announced, in the tenant's {@linkplain Tenant#announcements log of announcements}
     * @throws CarillonException {@code invalid-scope} for a selector that is neither a topic nor a template; {@code invalid-request} for
     *     more than {@value #MAX_TEMPLATES} templates
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

    /** The logs that can have events which the selector matches. */
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
