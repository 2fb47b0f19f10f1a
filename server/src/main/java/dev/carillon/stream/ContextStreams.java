package dev.carillon.stream;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.auth.Authorizer;
import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Interest;
import dev.carillon.context.Attachment;
import dev.carillon.context.ContextOwner;
import dev.carillon.context.Contexts;
import dev.carillon.delivery.ClientListener;
import dev.carillon.delivery.OpenConnection;
import dev.carillon.format.WireFormat;
import dev.carillon.history.StartPoint;
import dev.carillon.http.Origins;
import dev.carillon.http.Parameters;
import dev.carillon.http.RequestRate;
import dev.carillon.http.Requests;
import dev.carillon.http.Sessions;
import dev.carillon.scope.Scope;
import dev.carillon.transport.StreamHead;
import dev.carillon.transport.Streams;
import io.undertow.server.HttpServerExchange;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A stream of a client's scopes, with a context: what {@code /events} and {@code /ws} have in common. They take {@code route}, {@code
 * topic} (more than once), {@code context}, and the last event's id.
 */
public final class ContextStreams {
    private static final int MAX_TOPICS = 1_000;
    private static final String OF_TOKEN = "it comes from the token";
    private static final String OWN = "every stream has its own";
    private static final Parameters PARAMETERS = Parameters.of(
            Stream.concat(Stream.of("route", "topic", "context"), Requests.LAST_EVENT_IDS.stream())
                    .toList(),
            Map.of(
                    "scope",
                    "give route=… or topic=…",
                    "scopes",
                    "give route=… or topic=…",
                    "after",
                    "give lastEventID=…",
                    "user",
                    OF_TOKEN,
                    "tenant",
                    OF_TOKEN,
                    "token",
                    "give authorization=…",
                    "session",
                    OWN,
                    "tab",
                    OWN,
                    "global",
                    "every stream has its events"));

    private final String nodeId;
    private final Authorizer authorizer;
    private final Sessions sessions;
    private final Origins origins;
    private final Contexts contexts;
    private final Streams streams;
    private final BooleanSupplier accepting;

    public ContextStreams(
            String nodeId,
            Authorizer authorizer,
            Sessions sessions,
            Origins origins,
            Contexts contexts,
            Streams streams,
            BooleanSupplier accepting) {
        this.nodeId = nodeId;
        this.authorizer = authorizer;
        this.sessions = sessions;
        this.origins = origins;
        this.contexts = contexts;
        this.streams = streams;
        this.accepting = accepting;
    }

    /** What is of the protocol. */
    public interface Protocol {
        /** Checks what is of the protocol, and makes the head of the answer. */
        StreamHead head(@Nullable String setCookie);

        WireFormat format();

        /** The connection was opened, with a context; on its I/O thread. */
        default void opened(OpenConnection connection, String context) {}

        /** @param onClosed to be called with the reason */
        ClientListener listener(Consumer<CloseReason> onClosed);
    }

    /** What the request asks for; checked. */
    public record Asked(
            List<Scope> scopes,
            @Nullable String context,
            @Nullable String lastEventId,
            Sessions.@Nullable Session session) {
        /**
         * With scopes that are not the client's to choose, and those of its user.
         *
         * @param session the browser's, where it was looked up before; null: it is looked up
         * @throws CarillonException {@code invalid-request}: too many scopes
         */
        public static Asked of(
                HttpServerExchange exchange, List<Scope> scopes, Grants grants, Sessions.@Nullable Session session) {
            if (scopes.size() > MAX_TOPICS) {
                throw new CarillonException(
                        ErrorCode.INVALID_REQUEST, "a stream may have at most " + MAX_TOPICS + " scopes");
            }
            List<Scope> all = new ArrayList<>(scopes);
            String user = grants.user();
            if (user != null) {
                all.add(Scope.user(user));
            }
            return new Asked(
                    all, Requests.parameter(exchange, "context").orElse(null), Requests.lastEventId(exchange), session);
        }
    }

    boolean accepts() {
        return accepting.getAsBoolean();
    }

    /** Refuses a stream for a time. */
    void refuse(HttpServerExchange exchange, Protocol protocol) {
        streams.refuse(exchange, protocol.head(null), protocol.format(), Streams.Refusal.AS_STREAM);
    }

    void open(HttpServerExchange exchange, Protocol protocol) {
        PARAMETERS.check(exchange);
        Requests.authorized(
                exchange, authorizer, origins, grants -> open(exchange, grants, asked(exchange, grants), protocol));
    }

    /** Opens a stream of what was asked for, on the request's I/O thread. */
    public void open(HttpServerExchange exchange, Grants grants, Asked asked, Protocol protocol) {
        Sessions.Session given = asked.session();
        Sessions.Session session = given == null ? sessions.of(exchange, grants.user()) : given;
        StreamHead head = protocol.head(session.setCookie());
        if (!accepting.getAsBoolean()) {
            streams.refuse(exchange, head, protocol.format(), Streams.Refusal.AS_STREAM);
            return;
        }
        if (Requests.isHead(exchange)) {
            head.answer(exchange);
            return;
        }
        if (!RequestRate.permitsStream(exchange, asked.scopes().size())) {
            streams.refuse(exchange, head, protocol.format(), Streams.Refusal.AS_STREAM);
            return;
        }
        Attachment attachment =
                contexts.open(new ContextOwner(grants.tenant(), session.handle(), grants.user()), asked.context());
        streams.open(
                exchange,
                new Streams.Request(
                        grants,
                        interests(grants, session, attachment, asked),
                        head,
                        null,
                        protocol.format(),
                        opening(attachment, session),
                        asked.lastEventId() == null ? null : new StartPoint.LastEvent(asked.lastEventId()),
                        Streams.Refusal.AS_STREAM,
                        protocol.listener(reason -> contexts.detach(attachment)),
                        connection ->
                                protocol.opened(connection, attachment.context().id())));
    }

    /** All that can be refused, before a context is opened: nobody would end that. */
    private static Asked asked(HttpServerExchange exchange, Grants grants) {
        List<Scope> scopes = new ArrayList<>();
        Requests.parameter(exchange, "route").ifPresent(r -> scopes.add(Scope.route(r)));
        List<String> topics = Requests.parameters(exchange, "topic");
        if (topics.size() > MAX_TOPICS) {
            throw new CarillonException(
                    ErrorCode.INVALID_REQUEST, "parameter topic: must be given at most " + MAX_TOPICS + " times");
        }
        topics.forEach(t -> scopes.add(Scope.topic(t)));
        return Asked.of(exchange, scopes, grants, null);
    }

    private static List<Interest> interests(
            Grants grants, Sessions.Session session, Attachment attachment, Asked asked) {
        Set<Scope> scopes = new LinkedHashSet<>(asked.scopes());
        scopes.add(Scope.tab(attachment.context().id()));
        scopes.add(Scope.session(session.handle()));
        scopes.add(Scope.GLOBAL);
        scopes.add(Scope.SYSTEM);
        List<Interest> interests = new ArrayList<>(scopes.size());
        for (Scope scope : scopes) {
            interests.add(Interest.in(grants.tenant(), scope));
        }
        return interests;
    }

    private String opening(Attachment attachment, Sessions.Session session) {
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        data.put("context", attachment.context().id());
        data.put("node", nodeId);
        data.put("session", session.handle());
        data.put("resumed", attachment.resumed());
        return data.toString();
    }
}
