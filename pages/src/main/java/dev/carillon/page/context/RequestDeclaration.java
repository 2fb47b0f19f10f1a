package dev.carillon.page.context;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.extension.BrowserSession;
import dev.carillon.extension.Cookie;
import dev.carillon.extension.Request;
import dev.carillon.page.RequestAttribute;
import dev.carillon.page.SessionValue;
import dev.carillon.page.SignalType;
import dev.carillon.page.Stored;
import dev.carillon.page.request.RequestServices;
import dev.carillon.page.request.RequestState;
import dev.carillon.page.signal.ActionRun;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a page reads from its request, and does with those of its actions. The request itself is dropped when the page is declared. */
final class RequestDeclaration {
    private final ClientIdentity owner;
    private final RequestServices services;
    /** Of the request by which the page was declared first; null: that is this one. */
    private final @Nullable String query;
    /** Null: the page is declared. */
    private @Nullable Request request;

    RequestDeclaration(ClientIdentity owner, Request request, @Nullable String query, RequestServices services) {
        this.owner = owner;
        this.request = request;
        this.query = query;
        this.services = services;
    }

    void end() {
        request = null;
    }

    private Request request() {
        Request open = request;
        if (open == null) {
            throw new IllegalStateException("a page reads its request only while it is declared");
        }
        return open;
    }

    Optional<String> parameter(String name) {
        Request open = request();
        return query == null ? open.parameter(name) : parameter(query, name);
    }

    private static Optional<String> parameter(String query, String name) {
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            String key = equals < 0 ? pair : pair.substring(0, equals);
            if (URLDecoder.decode(key, StandardCharsets.UTF_8).equals(name)) {
                return Optional.of(
                        URLDecoder.decode(equals < 0 ? "" : pair.substring(equals + 1), StandardCharsets.UTF_8));
            }
        }
        return Optional.empty();
    }

    <T> Optional<T> parameter(String name, SignalType<T> type) {
        try {
            return parameter(name).map(type::read);
        } catch (IllegalArgumentException e) {
            throw new CarillonException(
                    ErrorCode.INVALID_REQUEST,
                    "parameter " + Text.printable(name, 64) + ": "
                            + Text.printable(String.valueOf(e.getMessage()), 200),
                    e);
        }
    }

    Optional<String> cookie(String name) {
        return request().cookie(name);
    }

    void setCookie(Cookie cookie) {
        RequestState.current("a cookie").add(cookie);
    }

    <T> Stored<T> session(SessionValue<T> value) {
        return services.sessions().value(value, owner.tenant(), this::session);
    }

    /** The session of the browser; while a request gives it another one, that. */
    private String session() {
        RequestState state = RequestState.currentOrNull();
        BrowserSession next = state == null ? null : state.session();
        return next == null ? owner.session() : next.handle();
    }

    void renewSession() {
        if (request != null) {
            throw new IllegalStateException(
                    "a session is renewed in actions only: the page belongs to the session before");
        }
        RequestState state = RequestState.current("a session");
        ActionRun.effect();
        BrowserSession next = services.node().newSession(owner.user());
        services.sessions().copy(owner.tenant(), session(), next.handle());
        state.session(next);
    }

    <T> Optional<T> attribute(RequestAttribute<T> attribute) {
        return RequestState.current("attribute " + attribute.name()).attribute(attribute);
    }

    void redirect(String path) {
        RequestState.current("a redirect").redirect(services.redirects().url(path));
    }
}
