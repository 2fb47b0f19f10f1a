package dev.carillon.stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.auth.Grants;
import dev.carillon.authorizer.ReadDecision;
import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Interest;
import dev.carillon.context.Attachment;
import dev.carillon.delivery.ClientListener;
import dev.carillon.delivery.OpenConnection;
import dev.carillon.delivery.Subscription;
import dev.carillon.fanout.ConnectionClosedException;
import dev.carillon.format.WebSocketFormat;
import dev.carillon.history.StartPoint;
import dev.carillon.http.Problem;
import dev.carillon.http.RequestRate;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.transport.WebSocketReader;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One WebSocket of {@code /ws}: authenticates the client, handles its messages and sends pings. On the connection's I/O thread only.
 *
 * <pre>
 *  no token ──▶ UNAUTHENTICATED ◀──refused──▶ AUTHENTICATING ──▶ OPEN ◀── token in the handshake, or none required
 *                     │ time is over, or refused for the third time        │
 *                     └──────────────▶ closed                              └── access_token of a client without token: AUTHENTICATING
 * </pre>
 */
final class WebSocketSession implements ClientListener, WebSocketReader.Messages, WebSocketReader.Answers {
    private static final Logger LOGGER = LoggerFactory.getLogger(WebSocketSession.class);
    /** A token of the maximum length and the rest of the first message. */
    private static final int MAX_FIRST_BYTES = 20 * 1024;
    /** Data of the maximum size with every character escaped as six bytes, plus the maximum of everything else. */
    private static final int MAX_BYTES = 6 * Event.MAX_DATA_BYTES + 128 * 1024;

    private static final int MAX_ATTEMPTS = 3;
    private static final int BYTES_PER_PERMIT = 16 * 1024;
    /** How long a message may take from its first to its last byte. */
    private static final int MAX_MESSAGE_SECONDS = 30;

    private static final int MAX_UNANSWERED_PINGS = 2;
    /** Broadcasts that wait for the broker. */
    private static final int MAX_BROADCASTS = 64;

    private static final byte[] PING = {(byte) 0x89, 0};
    private static final String OK = "ok";

    private enum State {
        UNAUTHENTICATED,
        AUTHENTICATING,
        OPEN
    }

    /**
     * What is needed to authenticate the client later.
     *
     * @param selection parameters of its request
     * @param sessions maps its user to the handle of its session
     */
    record DeferredAuthentication(ContextStreams.Selection selection, UnaryOperator<@Nullable String> sessions) {}

    private final WebSocketService service;
    private final WebSocketReader reader;
    private final IntPredicate rate;
    private final long address;
    private final StreamNotices notices = new StreamNotices();
    private final StreamRights rights = new StreamRights(true, StreamRights::unsubscribe);

    private State state;
    /** Null: the client sent its token in the handshake. */
    private @Nullable DeferredAuthentication deferred;

    /** Scopes that an authenticated connection is about to join. */
    private List<Interest> joining = List.of();

    private @Nullable OpenConnection connection;
    private @Nullable Attachment attachment;
    private MemoryBudget.@Nullable Charge charge;
    /** Handle of the client's session; null: not authenticated yet. */
    private @Nullable String session;

    private @Nullable String label;
    private int attempts;
    private int seconds;
    private int unansweredPings;
    private int broadcasts;
    private boolean counted;
    /** Seconds for which the message that is being received has been incomplete. */
    private int unfinishedSeconds;

    private int lastMessages;
    /** Memory of the message that is being handled, until its change or broadcast has ended. */
    private long pendingBytes;

    /**
     * @param deflate whether the client may compress its messages
     * @param rate acquires permits for messages
     * @param address to which the memory of messages is charged
     * @param deferred null: the client sent its token in the handshake
     * @param counted whether the connection is counted as unauthenticated, until it is authenticated or closed
     */
    WebSocketSession(
            WebSocketService service,
            boolean deflate,
            IntPredicate rate,
            long address,
            @Nullable DeferredAuthentication deferred,
            boolean counted) {
        this.service = service;
        this.rate = rate;
        this.address = address;
        this.deferred = deferred;
        this.counted = counted;
        this.state = counted ? State.UNAUTHENTICATED : State.OPEN;
        this.reader = new WebSocketReader(deflate, this::charge);
        reader.maxBytes(counted ? MAX_FIRST_BYTES : MAX_BYTES);
    }

    /** The connection is open, with a context of its own or, if it is not authenticated, without. */
    void opened(OpenConnection opened, @Nullable Attachment own) {
        connection = opened;
        attachment = own;
        if (own == null) {
            opened.write(WebSocketFormat.text(JsonNodeFactory.instance
                    .objectNode()
                    .put("type", "authenticate")
                    .put("seconds", service.config().authenticationTimeout().toSeconds())
                    .put("attempts", MAX_ATTEMPTS)));
        }
    }

    /** What is known of the client before the connection is open. */
    void client(String ofSession, @Nullable String ofLabel) {
        session = ofSession;
        label = ofLabel;
    }

    @Override
    public String transport() {
        return "ws";
    }

    @Override
    public @Nullable String session() {
        return session;
    }

    @Override
    public @Nullable String label() {
        return label;
    }

    private boolean charge(long bytes) {
        MemoryBudget.Charge open = charge;
        if (open == null) {
            open = service.budget().open(address, MemoryBudget.Use.REQUESTS);
            charge = open;
        }
        boolean charged = open.set(bytes);
        if (bytes == 0) {
            open.close();
            charge = null;
        }
        return charged;
    }

    @Override
    public void received(ByteBuffer bytes, OpenConnection from) {
        connection = from;
        unansweredPings = 0;
        reader.read(bytes, this, this);
    }

    @Override
    public void closed(CloseReason reason) {
        reader.close();
        uncount();
        Attachment own = attachment;
        if (own != null) {
            service.contexts().detach(own);
        }
    }

    private void uncount() {
        if (counted) {
            counted = false;
            service.unauthenticated().decrementAndGet();
        }
    }

    @Override
    public void tick(OpenConnection open) {
        seconds++;
        if (counted && seconds > service.config().authenticationTimeout().toSeconds()) {
            open.close(CloseReason.UNAUTHENTICATED);
            return;
        }
        boolean same = reader.isUnfinished() && reader.messages() == lastMessages;
        lastMessages = reader.messages();
        unfinishedSeconds = same ? unfinishedSeconds + 1 : 0;
        if (unfinishedSeconds > MAX_MESSAGE_SECONDS) {
            open.close(CloseReason.SLOW);
            return;
        }
        if (state == State.OPEN) {
            rights.tick(open);
            notices.tick(open, service.clock());
        }
        if (seconds % service.config().pingInterval().toSeconds() == 0) {
            ping(open);
        }
    }

    private void ping(OpenConnection open) {
        if (unansweredPings == MAX_UNANSWERED_PINGS) {
            open.close(CloseReason.PING_TIMEOUT);
            return;
        }
        unansweredPings++;
        open.writeNow(PING);
        if (state == State.OPEN) {
            StreamNotices.ping(open);
        }
    }

    private OpenConnection connection() {
        return Objects.requireNonNull(connection);
    }

    @Override
    public void write(byte[] frame) {
        connection().writeNow(frame);
    }

    @Override
    public void close(CloseReason reason, byte[] frame) {
        connection().closeNow(reason, frame);
    }

    @Override
    public void binary(byte[] bytes) {
        refuse(null, new CarillonException(ErrorCode.INVALID_REQUEST, "message: must be text"));
    }

    /** Every message costs a permit, and a large one more: a client that sends too much is closed before it costs time. */
    @Override
    public boolean admits(int bytes) {
        // Broadcasts of clients with a grant are not limited by address, as those by HTTP.
        return !connection().grants().broadcast().isEmpty() || rate.test(1 + bytes / BYTES_PER_PERMIT);
    }

    @Override
    public void text(String text) {
        ClientMessage message;
        try {
            message = ClientMessage.parse(text);
        } catch (ClientMessage.InvalidException e) {
            refuse(e.ref(), e.reason());
            return;
        }
        pendingBytes = 2L * text.length();
        try {
            handle(message);
        } catch (RuntimeException e) {
            refuse(message.ref(), e);
        }
    }

    private static CarillonException tooMany() {
        return new CarillonException(
                ErrorCode.TOO_MANY_REQUESTS, "request rate limit exceeded for this client address");
    }

    private void handle(ClientMessage message) {
        if (state != State.OPEN && !(message instanceof ClientMessage.Authenticate)) {
            throw new CarillonException(
                    ErrorCode.TOKEN_MISSING,
                    state == State.AUTHENTICATING
                            ? "wait for the reply to the access_token"
                            : "the first message must be {\"access_token\": …}");
        }
        int reads = message instanceof ClientMessage.ResumeAll
                ? Math.max(connection().interests().size(), joining.size())
                : ClientMessage.reads(message);
        if (reads > 0 && !rate.test(RequestRate.permitsFor(reads))) {
            throw tooMany();
        }
        switch (message) {
            case ClientMessage.Authenticate authenticate -> authenticate(authenticate);
            case ClientMessage.Subscribe subscribe ->
                reply(
                        subscribe.ref(),
                        charged(() -> connection()
                                .subscribe(
                                        rights.allow(connection(), subscribe.scopes()),
                                        List.of(new Subscription(
                                                interests(subscribe.scopes()), startPoint(subscribe.after()))),
                                        ok(subscribe.ref()))));
            case ClientMessage.Unsubscribe unsubscribe ->
                then(charged(() -> connection().unsubscribe(interests(unsubscribe.scopes()))), (x, e) -> {
                    if (e == null) {
                        write(ok(unsubscribe.ref()));
                    } else {
                        refuse(unsubscribe.ref(), e);
                    }
                });
            case ClientMessage.Broadcast broadcast -> broadcast(broadcast);
            case ClientMessage.ResumeAll resume ->
                reply(resume.ref(), connection().resume(new StartPoint.LastEvent(resume.after()), ok(resume.ref())));
            case ClientMessage.ResumeScopes resume -> resume(resume);
            case ClientMessage.Renew renew -> renew(renew);
            // Not at once: the events of a delivery that is in progress may not have been written yet.
            case ClientMessage.Ping ping ->
                connection()
                        .execute(() -> write(WebSocketFormat.text(
                                reply(ping.ref(), OK).setAll(StreamNotices.position(connection())))));
        }
    }

    // Authentication

    private void authenticate(ClientMessage.Authenticate message) {
        DeferredAuthentication when = deferred;
        if (when == null || state == State.AUTHENTICATING) {
            throw new CarillonException(
                    ErrorCode.INVALID_REQUEST,
                    state == State.AUTHENTICATING
                            ? "wait for the reply to the access_token"
                            : "message: the connection is authenticated already; send {\"type\": \"renew\", …}");
        }
        State before = state;
        state = State.AUTHENTICATING;
        Set<Scope> scopes = StreamRights.chosen(connection().interests());
        scopes.addAll(when.selection().scopes());
        CompletionStage<Identified> identified = service.authorizer()
                .authorize(message.token())
                .thenCompose(grants -> ReadDecision.about(grants, scopes, Set.of()))
                .thenApply(ReadDecision::required)
                .thenCompose(grants -> identified(grants, when, message));
        then(identified, (client, e) -> {
            if (e == null && client != null) {
                try {
                    authenticated(message, client, when, scopes);
                } catch (CarillonException revoked) {
                    refuseToken(message, before, revoked);
                }
            } else {
                refuseToken(message, before, Objects.requireNonNull(e));
            }
        });
    }

    /** A client whose token is valid, with the handle of its session. */
    private record Identified(Grants grants, String session) {}

    private CompletionStage<Identified> identified(
            Grants grants, DeferredAuthentication when, ClientMessage.Authenticate message) {
        String handle = Objects.requireNonNull(when.sessions().apply(grants.user()));
        return service.streams()
                .bring(grants, handle, context(when, message))
                .thenApply(x -> new Identified(grants, handle));
    }

    private static @Nullable String context(DeferredAuthentication when, ClientMessage.Authenticate message) {
        return message.context() == null ? when.selection().context() : message.context();
    }

    private void refuseToken(ClientMessage.Authenticate message, State before, Throwable e) {
        state = before;
        // That the keys or the application are unavailable is not the client's fault.
        boolean fault = !(Problem.cause(e) instanceof CarillonException known)
                || known.code() != ErrorCode.KEYS_UNAVAILABLE && known.code() != ErrorCode.AUTHORIZER_UNAVAILABLE;
        attempts += fault ? 1 : 0;
        refuse(message.ref(), e);
        if (attempts >= MAX_ATTEMPTS) {
            connection().close(CloseReason.UNAUTHENTICATED);
        }
    }

    /** @param decided scopes that the authorizer was asked about; those of changes that were still pending are not among them */
    private void authenticated(
            ClientMessage.Authenticate message, Identified client, DeferredAuthentication when, Set<Scope> decided) {
        Grants grants = client.grants();
        String handle = client.session();
        int scopes = when.selection().scopes().size();
        if (scopes > 0 && !rate.test(RequestRate.permitsFor(scopes))) {
            throw tooMany();
        }
        OpenConnection open = connection();
        ContextStreams.Selection selection = when.selection();
        Attachment before = attachment;
        Attachment own = service.streams().attach(grants, handle, context(when, message));
        attachment = own;
        client(handle, selection.label());
        if (before != null) {
            service.contexts().detach(before);
        }
        JsonNode ref = message.ref();
        ObjectNode opening = JsonNodeFactory.instance.objectNode().put("type", "open");
        if (ref != null) {
            opening.set("ref", ref);
        }
        connected(opening).setAll(service.streams().opening(own, grants, handle));
        Set<Scope> undecided = ConcurrentHashMap.newKeySet();
        then(
                open.authenticate(
                        grants,
                        present -> {
                            // A client that was open without a token keeps the topics and routes of meanwhile.
                            Set<Scope> kept = new LinkedHashSet<>(
                                    before == null ? selection.scopes() : StreamRights.chosen(present));
                            if (grants.asks(Grants.Asked.READ)) {
                                kept.stream()
                                        .filter(scope -> !decided.contains(scope) && !grants.mayRead(scope))
                                        .forEach(undecided::add);
                                kept.removeAll(undecided);
                            }
                            List<Interest> all = ContextStreams.interests(grants, handle, own, List.copyOf(kept));
                            open.execute(() -> joining = all);
                            return all;
                        },
                        startPoint(selection.lastEventId()),
                        cursor -> {
                            cursor.ifPresent(start -> opening.put("cursor", start));
                            // Runs before the message is written: the client may answer it before all events that it
                            // missed were written.
                            open.execute(this::accept);
                            return WebSocketFormat.text(opening);
                        }),
                (x, e) -> {
                    joining = List.of();
                    if (e != null) {
                        refuse(ref, e);
                        open.close(CloseReason.UNAVAILABLE);
                    } else if (!undecided.isEmpty()) {
                        StreamRights.tell(open, undecided);
                    }
                });
    }

    /** The client is authenticated. Changes that it asks for follow that by which the connection joins its scopes. */
    private void accept() {
        state = State.OPEN;
        deferred = null;
        reader.maxBytes(MAX_BYTES);
        uncount();
    }

    /** Adds the result of authentication to the message {@code open}. */
    static ObjectNode connected(ObjectNode opening) {
        return opening.put("status", OK).put("connected", true);
    }

    private void renew(ClientMessage.Renew message) {
        Set<Scope> scopes = StreamRights.chosen(connection().interests());
        scopes.addAll(StreamRights.chosen(joining));
        then(
                service.authorizer()
                        .authorize(message.token())
                        // Scopes that the new token may not read are removed by the next tick.
                        .thenCompose(grants -> ReadDecision.about(grants, scopes, Set.of()))
                        .thenApply(ReadDecision::grants)
                        .thenCompose(grants -> StreamRights.replace(connection(), grants, scopes)
                                .thenApply(x -> grants)),
                (grants, e) -> {
                    if (e != null || grants == null) {
                        refuse(message.ref(), Objects.requireNonNull(e));
                        return;
                    }
                    ObjectNode reply = reply(message.ref(), OK);
                    Instant end = grants.expiresAt();
                    if (end != null) {
                        reply.put(
                                "expires_in",
                                Math.max(
                                        0,
                                        end.getEpochSecond()
                                                - service.clock().instant().getEpochSecond()));
                    }
                    write(WebSocketFormat.text(reply));
                });
    }

    // Subscriptions

    private List<Interest> interests(Collection<Scope> scopes) {
        Grants grants = connection().grants();
        return scopes.stream().map(scope -> Interest.in(grants.tenant(), scope)).toList();
    }

    private static @Nullable StartPoint startPoint(@Nullable String after) {
        return after == null ? null : new StartPoint.LastEvent(after);
    }

    private void resume(ClientMessage.ResumeScopes message) {
        List<Interest> present = connection().interests();
        List<Subscription> parts = new ArrayList<>();
        Set<Scope> added = new HashSet<>();
        for (Map.Entry<String, List<Scope>> each : message.after().entrySet()) {
            List<Interest> interests = interests(each.getValue());
            for (Interest interest : interests) {
                Scope scope = Objects.requireNonNull(interest.scope());
                if (!StreamRights.isChosen(scope) && !present.contains(interest) && !joining.contains(interest)) {
                    throw new CarillonException(
                            ErrorCode.NOT_GRANTED, "the connection does not have the scope " + scope.text());
                }
                if (!present.contains(interest)) {
                    added.add(scope);
                }
            }
            parts.add(new Subscription(interests, new StartPoint.LastEvent(each.getKey())));
        }
        // Nothing begins before the memory is charged.
        OpenConnection open = connection();
        CompletionStage<Void> resumed = charged(() -> open.subscribe(rights.allow(open, added), parts, new byte[0]));
        then(resumed, (x, e) -> {
            if (e == null) {
                write(ok(message.ref()));
            } else {
                refuse(message.ref(), e);
            }
        });
    }

    // Broadcasts

    private void broadcast(ClientMessage.Broadcast message) {
        Grants grants = connection().grants();
        Broadcaster broadcaster = service.broadcaster();
        broadcaster.requireAnyGranted(grants);
        if (broadcasts == MAX_BROADCASTS) {
            throw new CarillonException(
                    ErrorCode.OVERLOADED, "a connection may have at most " + MAX_BROADCASTS + " pending broadcasts");
        }
        Event event = BroadcastRequest.event(message.json(), "event", grants.tenant())
                .withTraceparent(broadcaster.isTraced() ? message.traceparent() : null);
        String key = message.idempotencyKey();
        CompletionStage<Broadcaster.Receipt> sent = charged(
                () -> broadcaster.broadcast(grants, event, key == null ? Idempotency.BY_ID : Idempotency.key(key)));
        broadcasts++;
        then(sent, (receipt, e) -> {
            broadcasts--;
            if (e != null || receipt == null) {
                refuse(message.ref(), Objects.requireNonNull(e));
                return;
            }
            ObjectNode reply = reply(message.ref(), OK).put("id", receipt.id());
            if (receipt.nodeOnly()) {
                reply.put("reach", "node");
            }
            write(WebSocketFormat.text(reply));
        });
    }

    // Replies

    /** Continues on the I/O thread of the connection, unless that is closed by then. */
    private <T> void then(CompletionStage<T> stage, BiConsumer<@Nullable T, @Nullable Throwable> next) {
        OpenConnection open = connection();
        CompletionStage<T> _ = stage.whenComplete((value, e) -> open.execute(() -> next.accept(value, e)));
    }

    /**
     * Charges the memory of the message that is being handled, until the stage ends.
     *
     * @throws CarillonException {@code overloaded} or {@code too-many-requests}
     */
    private <T> CompletionStage<T> charged(Supplier<CompletionStage<T>> stage) {
        MemoryBudget.Charge pending = service.budget().open(address, MemoryBudget.Use.REQUESTS);
        pending.require(pendingBytes);
        try {
            return stage.get().whenComplete((value, e) -> pending.close());
        } catch (RuntimeException e) {
            pending.close();
            throw e;
        }
    }

    /** The change writes the reply itself if it succeeds. */
    private void reply(@Nullable JsonNode ref, CompletionStage<Void> change) {
        then(change, (x, e) -> {
            if (e != null) {
                refuse(ref, e);
            }
        });
    }

    private void refuse(@Nullable JsonNode ref, Throwable failure) {
        Throwable cause = Problem.cause(failure);
        if (cause instanceof ConnectionClosedException) {
            return;
        }
        ErrorCode code = ErrorCode.INTERNAL;
        String detail = "the node failed; its log has the reason";
        if (cause instanceof CarillonException known) {
            code = known.code();
            detail = String.valueOf(known.getMessage());
        } else {
            LOGGER.error("a message of a client failed", cause);
        }
        write(WebSocketFormat.text(reply(ref, "error").put("code", code.code()).put("detail", detail)));
    }

    private static byte[] ok(@Nullable JsonNode ref) {
        return WebSocketFormat.text(reply(ref, OK));
    }

    private static ObjectNode reply(@Nullable JsonNode ref, String status) {
        ObjectNode reply = JsonNodeFactory.instance.objectNode().put("type", "reply");
        if (ref != null) {
            reply.set("ref", ref);
        }
        return reply.put("status", status);
    }
}
