package dev.carillon.autopsy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.broker.Broker;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Live;
import dev.carillon.cluster.AllNodes;
import dev.carillon.cluster.Answers;
import dev.carillon.cluster.ControlMessage;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Explains an event: finds it in the log or in the records of the node that broadcast it, and asks all nodes about their clients. Thread-safe; never blocks. */
public final class Inquiry {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int MAX_SHOWN = 100;

    private final Broker broker;
    private final AllNodes nodes;

    /**
     * What an operator asks.
     *
     * @param id of the event
     * @param context only the client of this context; null: all
     * @param user only clients of this user; null: all
     */
    public record Asked(
            Tenant tenant,
            String id,
            @Nullable String context,
            @Nullable String user) {
        Question about(@Nullable EventFacts facts) {
            return new Question(tenant, id, facts, context, user);
        }
    }

    /**
     * What the log has.
     *
     * @param facts empty: not the event
     * @param events number of events with the id
     * @param available whether the log could be read
     */
    private record Logged(Optional<EventFacts> facts, int events, boolean available) {}

    public Inquiry(Broker broker, AllNodes nodes) {
        this.broker = broker;
        this.nodes = nodes;
    }

    /** Completes with what the nodes know; fails with {@code not-found} if neither log nor nodes know the event. */
    public CompletionStage<Explanation> explain(Asked asked) {
        return logged(asked)
                .thenCompose(logged -> logged.facts()
                        .map(facts -> askAll(asked, facts, logged))
                        .orElseGet(() -> remembered(asked, logged)));
    }

    private CompletionStage<Logged> logged(Asked asked) {
        return started(() -> broker.log()
                        .find(IdLookup.anywhere(asked.tenant(), asked.id()))
                        .thenCompose(positions -> positions.isEmpty()
                                ? CompletableFuture.completedFuture(new Logged(Optional.empty(), 0, true))
                                : read(asked.tenant(), positions)))
                .exceptionally(e -> new Logged(Optional.empty(), 0, false));
    }

    /** Of several events with the id, the last. */
    private CompletionStage<Logged> read(Tenant tenant, List<Position> positions) {
        Position at = positions.getLast();
        Position before = new Position(at.epoch(), Math.max(0, at.sequence() - 1), at.atMillis());
        return broker.log()
                .read(tenant, List.of(), before, 1)
                .thenApply(page -> new Logged(
                        page.events().stream()
                                .filter(live -> live.at().compareTo(at) == 0)
                                .filter(live -> live.event().tenant().equals(tenant))
                                .findFirst()
                                .map(Inquiry::facts),
                        positions.size(),
                        true));
    }

    private static EventFacts facts(Live live) {
        return EventFacts.of(live);
    }

    private static <T> CompletionStage<T> started(Supplier<CompletionStage<T>> action) {
        try {
            return action.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletionStage<Explanation> askAll(Asked asked, EventFacts facts, Logged logged) {
        return started(() -> nodes.explain(
                        new ControlMessage.Explain(asked.about(facts).text())))
                .thenApply(answers ->
                        new Explanation(asked, facts, logged.events(), logged.available(), read(answers), answers));
    }

    /** Asks the nodes for the broadcast: the log does not have the event. */
    private CompletionStage<Explanation> remembered(Asked asked, Logged logged) {
        return started(() -> nodes.explain(
                        new ControlMessage.Explain(asked.about(null).text())))
                .thenCompose(answers -> {
                    Map<String, JsonNode> read = read(answers);
                    for (JsonNode answer : read.values()) {
                        JsonNode event = answer.path("broadcast").path("event");
                        if (event.isObject()) {
                            return askAll(asked, EventFacts.read(event), logged);
                        }
                    }
                    if (read.values().stream().anyMatch(answer -> answer.has("broadcast"))) {
                        return CompletableFuture.completedFuture(
                                new Explanation(asked, null, 0, logged.available(), read, answers));
                    }
                    throw unknown(asked, logged, read, answers);
                });
    }

    private static CarillonException unknown(
            Asked asked, Logged logged, Map<String, JsonNode> read, Answers<String> answers) {
        String since = read.values().stream()
                .map(answer -> answer.path("known_since").asText())
                .max(String::compareTo)
                .orElse("");
        StringBuilder text = new StringBuilder("no event \"")
                .append(Text.printable(asked.id(), MAX_SHOWN))
                .append("\" of tenant ")
                .append(asked.tenant().name())
                .append(logged.available() ? ": the log has none" : ": the log cannot be read now");
        if (since.isEmpty()) {
            text.append(", and no node answered");
        } else {
            text.append(", and no node remembers its broadcast (they know all since ")
                    .append(since)
                    .append(')');
        }
        if (!answers.missing().isEmpty()) {
            text.append("; ").append(answers.missing().size()).append(" nodes did not answer");
        }
        return new CarillonException(ErrorCode.NOT_FOUND, text.toString());
    }

    /** The answers by node; one that cannot be read, as of a later release, is an empty object. */
    private static Map<String, JsonNode> read(Answers<String> answers) {
        Map<String, JsonNode> read = new LinkedHashMap<>();
        for (Answers.Answer<String> one : answers.answered()) {
            JsonNode json;
            try {
                json = JSON.readTree(one.value());
            } catch (IOException e) {
                json = JSON.createObjectNode();
            }
            read.put(one.node().id(), json);
        }
        return read;
    }
}
