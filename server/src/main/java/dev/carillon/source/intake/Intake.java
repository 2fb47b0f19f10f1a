package dev.carillon.source.intake;

import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broadcast.NotGrantedException;
import dev.carillon.broker.Broadcast;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Log;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.source.SourceMessage;
import dev.carillon.source.SourceRefusedException;
import dev.carillon.source.SourceSession;
import dev.carillon.source.intake.SourceMetrics.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the messages of one session into the log: in their order, each acknowledged after its append. Used by one thread, which blocks.
 *
 * <p><b>Once.</b> An append whose answer was lost is repeated with the same idempotency key, which the log knows for 10 minutes. A message that an earlier session
 * may have received can come much later: the log itself is then asked for the id of its event, so that it is the record of what has been appended. This needs
 * an event with the id of the message; one with an id of its own has the 10 minutes only.
 *
 * <p><b>Order.</b> The messages of a run are sent together. If one fails, it and those after it that failed are sent again, and nothing later is sent before they
 * succeed. A later one of the same run may have succeeded meanwhile, if the broker lost something between the two; this is counted. Runs of one message
 * ({@code batch=1}) exclude it.
 *
 * <p><b>Refusals.</b> Those that end by themselves (broker unavailable, limits) are repeated for as long as they last. All others concern the message: it is poison,
 * as is one that fails {@value #MAX_UNKNOWN} times for a reason that nothing here knows.
 */
final class Intake {
    private static final Logger LOGGER = LoggerFactory.getLogger(Intake.class);
    private static final Set<ErrorCode> TEMPORARY = Set.of(
            ErrorCode.BROKER_UNAVAILABLE,
            ErrorCode.OVERLOADED,
            ErrorCode.RATE_LIMITED,
            ErrorCode.TOO_MANY_REQUESTS,
            ErrorCode.DRAINING);
    private static final int MAX_UNKNOWN = 10;
    private static final long MAX_RUN_BYTES = 1024 * 1024;
    private static final Duration FIRST_DELAY = Duration.ofMillis(50);
    private static final Duration LAST_DELAY = Duration.ofSeconds(1);
    /** A request to the broker ends earlier, with an error. */
    private static final long BROKER_SECONDS = 65;

    private final SourceConfig config;
    private final MessageParser parser;
    private final Broadcaster broadcaster;
    private final Grants grants;
    private final Log log;
    private final SourceMetrics metrics;
    private final Consumer<SourceState> onState;

    /** @param onState receives the state while messages wait for the log, and after that */
    Intake(
            SourceConfig config,
            Broadcaster broadcaster,
            Log log,
            SourceMetrics metrics,
            Consumer<SourceState> onState) {
        this.config = config;
        this.parser = new MessageParser(config, broadcaster.isTraced());
        this.broadcaster = broadcaster;
        // System events are for operators, who do not use queues for them.
        this.grants =
                new Grants(config.tenant(), null, List.of(), List.of(scope -> scope.kind() != Scope.Kind.SYSTEM), null);
        this.log = log;
        this.metrics = metrics;
        this.onState = onState;
    }

    /** A message of a run, and what is known about its append. */
    private static final class Item {
        final SourceMessage message;
        final MessageParser.Parsed parsed;

        @Nullable
        Outcome outcome;
        /** Null: not refused. */
        @Nullable
        String refusal;

        int unknownFailures;

        Item(SourceMessage message, MessageParser.Parsed parsed) {
            this.message = message;
            this.parsed = parsed;
        }

        boolean isSettled() {
            return outcome != null || refusal != null;
        }
    }

    /**
     * Appends and acknowledges messages.
     *
     * @param nowMillis the time of day, which the ages of messages are compared with
     * @param sessionId names the session
     * @return false: the node may not go on; the rest of the messages has no acknowledgement
     * @throws SourceRefusedException if the source stops before poison
     */
    boolean take(List<SourceMessage> messages, long nowMillis, SourceSession session, String sessionId, Holding holding)
            throws InterruptedException {
        int next = 0;
        while (next < messages.size()) {
            List<Item> run = new ArrayList<>();
            long bytes = 0;
            @Nullable SourceMessage poison = null;
            String reason = "";
            boolean stale = false;
            while (next < messages.size() && (run.isEmpty() || bytes < MAX_RUN_BYTES)) {
                SourceMessage message = messages.get(next);
                if (isStale(message, nowMillis)) {
                    stale = true;
                    break;
                }
                try {
                    run.add(new Item(message, parser.parse(message, sessionId)));
                    bytes += message.body().length;
                    next++;
                } catch (RefusedMessageException e) {
                    poison = message;
                    reason = String.valueOf(e.getMessage());
                    next++;
                    break;
                }
            }
            if (!append(run, session, holding)) {
                return false;
            }
            settle(run, session);
            if (poison != null) {
                refuse(poison, reason, session);
            } else if (stale) {
                next = drop(messages, next, nowMillis, session);
            }
        }
        return true;
    }

    private boolean isStale(SourceMessage message, long nowMillis) {
        return config.maxAge().isPresent()
                && message.time() != null
                && nowMillis - message.time().toEpochMilli()
                        > config.maxAge().get().toMillis();
    }

    private int drop(List<SourceMessage> messages, int from, long nowMillis, SourceSession session) {
        int end = from;
        while (end < messages.size() && isStale(messages.get(end), nowMillis)) {
            end++;
        }
        session.acknowledge(messages.subList(from, end));
        metrics.count(Outcome.STALE, end - from);
        return end;
    }

    /** @return false: the node may not go on, and nothing of the run may be acknowledged */
    private boolean append(List<Item> run, SourceSession session, Holding holding) throws InterruptedException {
        Duration delay = FIRST_DELAY;
        boolean waited = false;
        while (holding.goesOn()) {
            @Nullable String problem = attempt(run);
            if (problem == null) {
                if (waited) {
                    onState.accept(new SourceState.Consuming());
                }
                return holding.goesOn();
            }
            metrics.retried();
            waited = true;
            onState.accept(new SourceState.Waiting(problem));
            session.keepAlive();
            if (!holding.pause(delay)) {
                return false;
            }
            delay = delay.multipliedBy(2).compareTo(LAST_DELAY) < 0 ? delay.multipliedBy(2) : LAST_DELAY;
        }
        return false;
    }

    /** @return why not all are settled; null: they are */
    private @Nullable String attempt(List<Item> run) throws InterruptedException {
        try {
            findRepeated(run);
        } catch (ExecutionException | TimeoutException | CarillonException e) {
            return problem(cause(e));
        }
        List<Item> open = run.stream().filter(item -> !item.isSettled()).toList();
        List<Broadcast> broadcasts =
                open.stream().map(item -> item.parsed.broadcast()).toList();
        List<CompletionStage<Broadcaster.Receipt>> outcomes = broadcaster.broadcastInOrder(grants, broadcasts);
        @Nullable String problem = null;
        int later = 0;
        for (int i = 0; i < outcomes.size(); i++) {
            Item item = open.get(i);
            try {
                Object _ = outcomes.get(i).toCompletableFuture().get(BROKER_SECONDS, TimeUnit.SECONDS);
                item.outcome = Outcome.APPENDED;
                later += problem == null ? 0 : 1;
            } catch (ExecutionException | TimeoutException e) {
                Throwable cause = cause(e);
                if (isPermanent(item, cause)) {
                    item.refusal = problem(cause);
                } else if (problem == null) {
                    problem = problem(cause);
                }
            }
        }
        if (later > 0) {
            metrics.reordered(later);
            LOGGER.atWarn()
                    .addKeyValue("source", config.name())
                    .addKeyValue("messages", later)
                    .log("messages reached the log before an earlier one, whose append failed: {}", problem);
        }
        return problem == null && outcomes.size() < open.size() ? "a message before was refused" : problem;
    }

    private static boolean isPermanent(Item item, Throwable cause) {
        if (cause instanceof CarillonException known && known.code() != ErrorCode.INTERNAL) {
            return !TEMPORARY.contains(known.code());
        }
        item.unknownFailures++;
        return item.unknownFailures >= MAX_UNKNOWN;
    }

    /** Marks those that an earlier session has appended. */
    private void findRepeated(List<Item> run) throws InterruptedException, ExecutionException, TimeoutException {
        for (Item item : run) {
            if (!item.isSettled() && item.message.redelivered() && item.parsed.isIdOfMessage()) {
                Event event = item.parsed.broadcast().event();
                IdLookup lookup = IdLookup.of(event.tenant(), String.valueOf(event.id()), event.scopes());
                if (!log.find(lookup)
                        .toCompletableFuture()
                        .get(BROKER_SECONDS, TimeUnit.SECONDS)
                        .isEmpty()) {
                    item.outcome = Outcome.REPEATED;
                }
            }
        }
    }

    /** Acknowledges a run whose messages are all settled, and puts aside those that were refused. */
    private void settle(List<Item> run, SourceSession session) {
        List<SourceMessage> appended = new ArrayList<>(run.size());
        for (Item item : run) {
            if (item.refusal != null) {
                acknowledge(appended, session);
                refuse(item.message, item.refusal, session);
            } else {
                appended.add(item.message);
            }
        }
        acknowledge(appended, session);
        for (Outcome outcome : List.of(Outcome.APPENDED, Outcome.REPEATED)) {
            metrics.count(outcome, (int)
                    run.stream().filter(item -> item.outcome == outcome).count());
        }
    }

    private static void acknowledge(List<SourceMessage> messages, SourceSession session) {
        if (!messages.isEmpty()) {
            session.acknowledge(List.copyOf(messages));
            messages.clear();
        }
    }

    private void refuse(SourceMessage message, String reason, SourceSession session) {
        String printable = MessageParser.printable(reason);
        switch (config.poison()) {
            case DEAD_LETTER -> {
                session.deadLetter(message, printable);
                metrics.count(Outcome.DEAD, 1);
                log(message, "a message was put into the dead letters: {}", printable);
            }
            case DROP -> {
                session.acknowledge(List.of(message));
                metrics.count(Outcome.DROPPED, 1);
                log(message, "a message was dropped: {}", printable);
            }
            case STOP ->
                throw new SourceRefusedException("stopped before message \""
                        + MessageParser.printable(String.valueOf(message.id())) + "\", which " + printable
                        + ": remove it from the source, or set the parameter poison");
        }
    }

    private void log(SourceMessage message, String text, String reason) {
        LOGGER.atWarn()
                .addKeyValue("source", config.name())
                .addKeyValue("message", MessageParser.printable(String.valueOf(message.id())))
                .log(text, reason);
    }

    private static Throwable cause(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof ExecutionException || cause instanceof CompletionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static String problem(Throwable cause) {
        return cause instanceof NotGrantedException
                ? "is for scope system, to which only operators may broadcast"
                : cause instanceof CarillonException
                        ? String.valueOf(cause.getMessage())
                        : cause instanceof TimeoutException ? "the broker did not answer" : cause.toString();
    }
}
