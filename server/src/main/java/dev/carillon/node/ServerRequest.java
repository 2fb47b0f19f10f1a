package dev.carillon.node;

import dev.carillon.auth.Authorizer;
import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.Request;
import dev.carillon.http.Origins;
import dev.carillon.http.Requests;
import dev.carillon.http.Sessions;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.PathTemplateMatch;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** A request as an extension sees it. While the extension has it no other thread uses the exchange. */
final class ServerRequest implements Request {
    private @Nullable HttpServerExchange exchange;
    private final byte[] body;
    private final Authorizer authorizer;
    private final Origins origins;
    private final Sessions sessions;
    private @Nullable Grants grants;
    private Sessions.@Nullable Session session;

    ServerRequest(HttpServerExchange exchange, byte[] body, Authorizer authorizer, Origins origins, Sessions sessions) {
        this.exchange = exchange;
        this.body = body;
        this.authorizer = authorizer;
        this.origins = origins;
        this.sessions = sessions;
    }

    @Override
    public String method() {
        return exchange().getRequestMethod().toString();
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
    public byte[] body() {
        return body.clone();
    }

    @Override
    public String text() {
        return new String(body, StandardCharsets.UTF_8);
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
            return Requests.authorize(exchange(), authorizer, origins)
                    .toCompletableFuture()
                    .join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof CarillonException refused ? refused : e;
        }
    }

    /** Null: the handler did not ask for it. */
    Sessions.@Nullable Session sessionIfAsked() {
        return session;
    }

    /** The call that it was given to is over. */
    void end() {
        exchange = null;
    }

    private HttpServerExchange exchange() {
        HttpServerExchange open = exchange;
        if (open == null) {
            throw new IllegalStateException("a request is valid during the call alone that it is given to");
        }
        return open;
    }

    @Override
    public String session() {
        Sessions.Session known = session;
        if (known == null) {
            known = sessions.of(exchange(), user());
            session = known;
        }
        return known.handle();
    }

    /** Without a token it is no user's, also where the node takes no anonymous clients. */
    private @Nullable String user() {
        try {
            return grants().user();
        } catch (CarillonException e) {
            if (e.code() == ErrorCode.TOKEN_MISSING) {
                return null;
            }
            throw e;
        }
    }

    /** A browser without the session learns of it by this header; null: it has it. */
    @Nullable
    String setCookie() {
        return session == null ? null : session.setCookie();
    }
}
