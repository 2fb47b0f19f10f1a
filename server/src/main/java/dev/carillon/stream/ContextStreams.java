package dev.carillon.stream;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.auth.Authorizer;
import dev.carillon.auth.Grants;
import dev.carillon.authorizer.ReadDecision;
import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.broker.Interest;
import dev.carillon.context.Attachment;
import dev.carillon.context.ContextMoves;
import dev.carillon.context.ContextOwner;
import dev.carillon.context.Contexts;
import dev.carillon.delivery.ClientListener;
import dev.carillon.delivery.OpenConnection;
import dev.carillon.format.WireFormat;
import dev.carillon.history.StartPoint;
import dev.carillon.http.Origins;
import dev.carillon.http.Parameters;
import dev.carillon.http.Problem;
import dev.carillon.http.RequestRate;
import dev.carillon.http.Requests;
import dev.carillon.http.Sessions;
import dev.carillon.revocation.Revocations;
import dev.carillon.scope.Scope;
import dev.carillon.scope.TagFilter;
import dev.carillon.transport.StreamHead;
import dev.carillon.transport.Streams;
import io.undertow.server.HttpServerExchange;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Opens streams that have a context: the common part of {@code /events} and {@code /ws}. Both accept the parameters {@code route}, {@code topic}
 * and {@code filter} (repeatable), {@code context} and the id of the last event.
 */
public final class ContextStreams {
    private static final int MAX_TOPICS = 1_000;
    private static final String LABEL = "label";
    private static final int MAX_LABEL_CHARS = 64;
    private static final String IN_TOKEN = "it comes from the token";
    private static final String OWN = "every stream has its own";
    private static final List<String> NAMES = Stream.concat(
                    Stream.of("route", "topic", "filter", "context", LABEL), Requests.LAST_EVENT_IDS.stream())
            .toList();
    /** Parameters of both endpoints. */
    static final Parameters PARAMETERS = parameters(NAMES);

    /** Parameters of {@code /events}. */
    static final Parameters EVENT_PARAMETERS =
            parameters(Stream.concat(NAMES.stream(), Stream.of("ping")).toList());

    private final String nodeId;
    private final Authorizer authorizer;
    private final Sessions sessions;
    private final Origins origins;
    private final Contexts contexts;
    private final ContextMoves moves;
    private final Streams streams;
    private final Revocations revocations;
    private final BooleanSupplier acceptsStreams;

    public ContextStreams(
            String nodeId,
            Authorizer authorizer,
            Sessions sessions,
            Origins origins,
            Contexts contexts,
            ContextMoves moves,
            Streams streams,
            Revocations revocations,
            BooleanSupplier acceptsStreams) {
        this.nodeId = nodeId;
        this.authorizer = authorizer;
        this.sessions = sessions;
        this.origins = origins;
        this.contexts = contexts;
        this.moves = moves;
        this.streams = streams;
        this.revocations = revocations;
        this.acceptsStreams = acceptsStreams;
    }

    private static Parameters parameters(List<String> names) {
        return Parameters.of(
                names,
                Map.of(
                        "scope",
                        "give route=… or topic=…",
                        "scopes",
                        "give route=… or topic=…",
                        "after",
                        "give lastEventID=…",
                        "user",
                        IN_TOKEN,
                        "tenant",
                        IN_TOKEN,
                        "token",
                        "give authorization=…",
                        "session",
                        OWN,
                        "tab",
                        OWN,
                        "global",
                        "every stream has its events"));
    }

    /** The part that differs between event streams and WebSockets. */
    public interface Protocol {
        /** Checks the request by the rules of the protocol and returns the head of the response. */
        StreamHead head(@Nullable String setCookie);

        WireFormat format();

        /** The data of the event {@code carillon.open}. */
        default String opening(ObjectNode data) {
            return data.toString();
        }

        /**
         * Called on the I/O thread of the connection when it is open.
         *
         * @param attachment to its context
         */
        default void opened(OpenConnection connection, Attachment attachment) {}

        /**
         * The listener of a new connection.
         *
         * @param onClosed must be called with the reason when the connection has closed
         * @param session handle of its session
         * @param label that the client gave its connection; null: none
         */
        ClientListener listener(Consumer<CloseReason> onClosed, String session, @Nullable String label);
    }

    /**
     * The checked parameters of a request.
     *
     * @param filter selects events of the routes and topics by their tags; null: all events
     * @param label for operators; null: none
     * @param session the session of the browser; null: not looked up yet
     * @param tabOnly whether the stream's only own scope is that of its tab
     */
    public record Selection(
            List<Scope> scopes,
            boolean tabOnly,
            @Nullable TagFilter filter,
            @Nullable String context,
            @Nullable String lastEventId,
            @Nullable String label,
            Sessions.@Nullable Session session) {
        /**
         * Scopes that the server has chosen, and the other parameters of the request.
         *
         * @param tabOnly whether the stream's only own scope is that of its tab
         * @param session the session of the browser; null: not looked up yet
         * @throws CarillonException {@code invalid-request} for too many scopes
         */
        public static Selection of(
                HttpServerExchange exchange, List<Scope> scopes, boolean tabOnly, Sessions.@Nullable Session session) {
            if (scopes.size() > MAX_TOPICS) {
                throw new CarillonException(
                        ErrorCode.INVALID_REQUEST, "a stream may have at most " + MAX_TOPICS + " scopes");
            }
            return new Selection(
                    scopes,
                    tabOnly,
                    ContextStreams.filter(exchange),
                    Requests.parameter(exchange, "context").orElse(null),
                    Requests.lastEventId(exchange),
                    ContextStreams.label(exchange),
                    session);
        }
    }

    /** @throws CarillonException {@code invalid-request} */
    static @Nullable TagFilter filter(HttpServerExchange exchange) {
        return TagFilter.parse(Requests.parameters(exchange, "filter"));
    }

    private static @Nullable String label(HttpServerExchange exchange) {
        String label = Requests.parameter(exchange, LABEL).orElse(null);
        if (label != null && (label.isEmpty() || label.length() > MAX_LABEL_CHARS || Text.hasControl(label))) {
            throw new CarillonException(
                    ErrorCode.INVALID_REQUEST,
                    "parameter label: must have 1 to " + MAX_LABEL_CHARS + " characters and no control characters");
        }
        return label;
    }

    boolean accepts() {
        return acceptsStreams.getAsBoolean();
    }

    /** Refuses a stream temporarily. */
    void refuse(HttpServerExchange exchange, Protocol protocol) {
        streams.refuse(exchange, protocol.head(null), protocol.format(), Streams.Refusal.AS_STREAM);
    }

    void open(HttpServerExchange exchange, Protocol protocol) {
        EVENT_PARAMETERS.check(exchange);
        CompletionStage<Grants> grants = Requests.authorize(exchange, authorizer, origins);
        Requests.then(
                exchange,
                () -> grants.thenCompose(known -> decided(known, selection(exchange)))
                        .thenApply(Optional::of)
                        .exceptionallyCompose(ContextStreams::emptyIfUnavailable),
                decided -> {
                    if (decided.isPresent()) {
                        open(exchange, decided.get(), selection(exchange), protocol);
                    } else {
                        refuse(exchange, protocol);
                    }
                });
    }

    /** The grants, if the client may read the scopes that it chose. */
    static CompletionStage<Grants> decided(Grants grants, Selection selection) {
        return ReadDecision.about(grants, selection.scopes(), Set.of()).thenApply(ReadDecision::required);
    }

    /** An EventSource must not give up because the token cannot be verified for the moment. */
    private static CompletionStage<Optional<Grants>> emptyIfUnavailable(Throwable e) {
        return Problem.cause(e) instanceof CarillonException known
                        && (known.code() == ErrorCode.AUTHORIZER_UNAVAILABLE
                                || known.code() == ErrorCode.KEYS_UNAVAILABLE)
                ? CompletableFuture.completedFuture(Optional.empty())
                : CompletableFuture.failedFuture(e);
    }

    /**
     * Opens a stream of a client that is not authenticated yet: it receives nothing. Called on the I/O thread of the request.
     *
     * @param listener is called with the end of the connection, also if it cannot be opened
     */
    void openUnauthenticated(
            HttpServerExchange exchange,
            Selection selection,
            Protocol protocol,
            ClientListener listener,
            Consumer<OpenConnection> onOpen) {
        streams.open(
                exchange,
                new Streams.Request(
                        Grants.ANONYMOUS,
                        List.of(),
                        protocol.head(null),
                        null,
                        protocol.format(),
                        selection.filter(),
                        null,
                        null,
                        Streams.Refusal.AS_STREAM,
                        listener,
                        onOpen));
    }

    /**
     * Gives a client a context: that of an earlier connection, if it is its own.
     *
     * @throws CarillonException {@code token-revoked}
     */
    Attachment attach(Grants grants, String session, @Nullable String context) {
        revocations.check(grants, session);
        return contexts.open(new ContextOwner(grants.tenant(), session, grants.user()), context);
    }

    /** Opens a stream. Called on the I/O thread of the request. */
    public void open(HttpServerExchange exchange, Grants grants, Selection selection, Protocol protocol) {
        Sessions.Session known = selection.session();
        Sessions.Session session = known == null ? sessions.of(exchange, grants.user()) : known;
        revocations.check(grants, session.handle());
        StreamHead head = protocol.head(session.setCookie());
        if (!acceptsStreams.getAsBoolean()) {
            streams.refuse(exchange, head, protocol.format(), Streams.Refusal.AS_STREAM);
            return;
        }
        if (Requests.isHead(exchange)) {
            head.answer(exchange);
            return;
        }
        if (!RequestRate.permitsStream(exchange, selection.scopes().size())) {
            streams.refuse(exchange, head, protocol.format(), Streams.Refusal.AS_STREAM);
            return;
        }
        // A context of an extension has state, which only the extension can bring.
        if (selection.tabOnly() || !moves.mayBring(selection.context())) {
            attachAndOpen(exchange, grants, selection, session, head, protocol);
            return;
        }
        Requests.then(
                exchange,
                () -> bring(grants, session.handle(), selection.context()),
                x -> attachAndOpen(exchange, grants, selection, session, head, protocol));
    }

    /** Brings a context of the client to this node if another one has it. Never fails. */
    CompletionStage<Boolean> bring(Grants grants, String session, @Nullable String context) {
        return moves.bring(new ContextOwner(grants.tenant(), session, grants.user()), context);
    }

    private void attachAndOpen(
            HttpServerExchange exchange,
            Grants grants,
            Selection selection,
            Sessions.Session session,
            StreamHead head,
            Protocol protocol) {
        Attachment attachment = attach(grants, session.handle(), selection.context());
        streams.open(
                exchange,
                new Streams.Request(
                        grants,
                        selection.tabOnly()
                                ? tabInterests(grants, attachment, selection.scopes())
                                : interests(grants, session.handle(), attachment, selection.scopes()),
                        head,
                        null,
                        protocol.format(),
                        selection.filter(),
                        protocol.opening(opening(attachment, grants, session.handle())),
                        selection.lastEventId() == null ? null : new StartPoint.LastEvent(selection.lastEventId()),
                        Streams.Refusal.AS_STREAM,
                        protocol.listener(reason -> contexts.detach(attachment), session.handle(), selection.label()),
                        connection -> protocol.opened(connection, attachment)));
    }

    /** Checks the parameters before a context is opened, because a context of a refused request would never be closed. */
    static Selection selection(HttpServerExchange exchange) {
        List<Scope> scopes = new ArrayList<>();
        Requests.parameter(exchange, "route").ifPresent(r -> scopes.add(Scope.route(r)));
        List<String> topics = Requests.parameters(exchange, "topic");
        if (topics.size() > MAX_TOPICS) {
            throw new CarillonException(
                    ErrorCode.INVALID_REQUEST, "parameter topic: must be given at most " + MAX_TOPICS + " times");
        }
        topics.forEach(t -> scopes.add(Scope.topic(t)));
        return Selection.of(exchange, scopes, false, null);
    }

    /** The scopes that a client has chosen, and those that every client is in. */
    static List<Interest> interests(Grants grants, String session, Attachment attachment, Collection<Scope> chosen) {
        Set<Scope> scopes = new LinkedHashSet<>(chosen);
        String user = grants.user();
        if (user != null) {
            scopes.add(Scope.user(user));
        }
        scopes.add(Scope.tab(attachment.context().id()));
        scopes.add(Scope.session(session));
        scopes.add(Scope.GLOBAL);
        scopes.add(Scope.SYSTEM);
        return interests(grants, scopes);
    }

    private static List<Interest> tabInterests(Grants grants, Attachment attachment, Collection<Scope> chosen) {
        Set<Scope> scopes = new LinkedHashSet<>(chosen);
        scopes.add(Scope.tab(attachment.context().id()));
        return interests(grants, scopes);
    }

    private static List<Interest> interests(Grants grants, Set<Scope> scopes) {
        List<Interest> interests = new ArrayList<>(scopes.size());
        for (Scope scope : scopes) {
            interests.add(Interest.in(grants.tenant(), scope));
        }
        return interests;
    }

    /** What a client learns about its stream. */
    ObjectNode opening(Attachment attachment, Grants grants, String session) {
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        data.put("context", attachment.context().id());
        data.put("node", nodeId);
        data.put("session", session);
        String user = grants.user();
        if (user != null) {
            data.put("user", user);
        }
        data.put("resumed", attachment.resumed());
        return data;
    }
}
