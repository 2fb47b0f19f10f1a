package dev.carillon.node;

import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.Request;
import dev.carillon.http.Cookies;
import dev.carillon.http.HttpConfig;
import dev.carillon.http.Requests;
import dev.carillon.http.Sessions;
import dev.carillon.limits.MemoryBudget;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.PathTemplateMatch;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** A request as an extension sees it. During the call of the handler no other thread uses the exchange. */
final class ServerRequest implements Request {
    private @Nullable HttpServerExchange exchange;
    /** Null: it is streamed. */
    private final byte @Nullable [] body;

    private final EndpointContext context;
    private @Nullable Grants grants;
    private Sessions.@Nullable Session session;

    ServerRequest(HttpServerExchange exchange, byte @Nullable [] body, EndpointContext context) {
        this.exchange = exchange;
        this.body = body;
        this.context = context;
    }

    @Override
    public String method() {
        return exchange().getRequestMethod().toString();
    }

    /** Its W3C trace context; null: it has none. */
    @Nullable
    String traceparent() {
        return Requests.traceparent(exchange());
    }

    @Override
    public String path() {
        return exchange().getRequestPath();
    }

    @Override
    public String pathParameter(String name) {
        PathTemplateMatch match = exchange().getAttachment(PathTemplateMatch.ATTACHMENT_KEY);
        String value = match == null ? null : match.getParameters().get(name);
        if (value == null) {
            throw new IllegalArgumentException("the path has no parameter " + name);
        }
        return value;
    }

    @Override
    public String query() {
        return exchange().getQueryString();
    }

    @Override
    public Optional<String> parameter(String name) {
        return Requests.parameter(exchange(), name);
    }

    @Override
    public List<String> parameters(String name) {
        return Requests.parameters(exchange(), name);
    }

    @Override
    public Optional<String> header(String name) {
        return Optional.ofNullable(exchange().getRequestHeaders().getFirst(name));
    }

    @Override
    public String siteOrigin() {
        // The header has the port that the client used; getHostAndPort() has that of a trusted proxy.
        return exchange().getRequestScheme() + "://" + exchange().getHostAndPort();
    }

    /** Opens an account for memory of the client's address. */
    MemoryBudget.Charge charge(MemoryBudget.Use use) {
        return context.services().budget.open(Requests.address(exchange()), use);
    }

    @Override
    public byte[] body() {
        return whole().clone();
    }

    @Override
    public String text() {
        return new String(whole(), StandardCharsets.UTF_8);
    }

    private byte[] whole() {
        byte[] read = body;
        if (read == null) {
            throw new IllegalStateException("the body of this request is streamed");
        }
        return read;
    }

    @Override
    public Optional<String> cookie(String name) {
        HttpConfig http = context.config().http;
        String value = Cookies.first(exchange().getRequestHeaders(), http.site().cookieName(name, http.secureCookie()));
        try {
            return Optional.ofNullable(value).map(text -> URLDecoder.decode(text, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            // Set by someone else.
            return Optional.empty();
        }
    }

    @Override
    public Grants grants() {
        Grants known = grants;
        if (known == null) {
            known = verified();
            grants = known;
        }
        return known;
    }

    private Grants verified() {
        try {
            return unlessRevoked(Requests.authorize(exchange(), context.authorizer(), context.origins())
                    .toCompletableFuture()
                    .join());
        } catch (CompletionException e) {
            throw e.getCause() instanceof CarillonException refused ? refused : e;
        }
    }

    /** @throws CarillonException {@code token-revoked} when the session of the browser was revoked */
    private Grants unlessRevoked(Grants verified) {
        String known = context.sessions().known(exchange(), verified.user());
        if (known != null) {
            context.services().revocations.check(verified, known);
        }
        return verified;
    }

    /** Null: the handler did not read the session. */
    Sessions.@Nullable Session sessionIfUsed() {
        return session;
    }

    /** Called when the handler has returned; the request is invalid from then on. */
    void end() {
        exchange = null;
    }

    private HttpServerExchange exchange() {
        HttpServerExchange open = exchange;
        if (open == null) {
            throw new IllegalStateException("a request is valid only during the call of its handler");
        }
        return open;
    }

    @Override
    public String session() {
        Sessions.Session known = session;
        if (known == null) {
            known = context.sessions().of(exchange(), user());
            session = known;
        }
        return known.handle();
    }

    /** Null for a request without a token, even when the node refuses anonymous clients. */
    private @Nullable String user() {
        try {
            return grants().user();
        } catch (CarillonException e) {
            if (e.code() == ErrorCode.TOKEN_MISSING) {
                return unlessRevoked(Grants.ANONYMOUS).user();
            }
            throw e;
        }
    }

    /** Header that gives the browser its session; null: the browser has it already. */
    @Nullable
    String setCookie() {
        return session == null ? null : session.setCookie();
    }
}
