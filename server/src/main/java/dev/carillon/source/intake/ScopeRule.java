package dev.carillon.source.intake;

import dev.carillon.base.CarillonException;
import dev.carillon.scope.Scope;
import dev.carillon.source.SourceMessage;
import org.jspecify.annotations.Nullable;

/**
 * The scope of messages whose body does not name one: that of a header, else a text in which {@value #KEY} stands for the routing key or subject.
 *
 * @param header name of the header
 * @param text such as {@code topic:{key}} or {@code global}
 */
record ScopeRule(String header, String text) {
    static final String KEY = "{key}";
    static final String DEFAULT_HEADER = "carillon-scope";
    static final String DEFAULT_TEXT = "topic:" + KEY;

    /** @throws CarillonException when no key gives a scope */
    ScopeRule {
        Scope _ = Scope.parse(text.equals(KEY) ? "global" : text.replace(KEY, "/x"));
    }

    boolean hasHeader(SourceMessage message) {
        return message.headers().containsKey(header);
    }

    /** @throws RefusedMessageException when the message has no scope */
    Scope of(SourceMessage message) {
        @Nullable String named = message.headers().get(header);
        if (named != null) {
            return Scope.parse(named);
        }
        if (!text.contains(KEY)) {
            return Scope.parse(text);
        }
        String key = message.key();
        if (key == null || key.isEmpty()) {
            throw new RefusedMessageException("has no scope: neither a header " + header
                    + " nor a routing key; name the scope in the message or in the parameter scope of the source");
        }
        return Scope.parse(text.replace(KEY, key));
    }
}
