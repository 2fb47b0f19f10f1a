package dev.carillon.stream;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broker.Broadcast;
import dev.carillon.broker.Idempotency;
import dev.carillon.http.JsonMembers;
import dev.carillon.http.Problem;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Several broadcasts in one request: a JSON list, or one JSON object per line (NDJSON). They are appended together, in their order. Each has its own
 * result; a broadcast that is refused does not affect the others.
 */
final class BroadcastBatch {
    static final int MAX_ITEMS = 1_000;

    private static final Logger LOGGER = LoggerFactory.getLogger(BroadcastBatch.class);
    private static final String BODY = "body";

    private final Broadcaster broadcaster;
    private final Grants grants;
    /** The request's idempotency key, to which the number of the item is added; null: none. */
    private final @Nullable String key;

    /** Trace context of the request; null: none. */
    private final @Nullable String traceparent;

    BroadcastBatch(Broadcaster broadcaster, Grants grants, @Nullable String key, @Nullable String traceparent) {
        this.traceparent = traceparent;
        this.broadcaster = broadcaster;
        this.grants = grants;
        this.key = key;
    }

    /** @param complete whether every broadcast was accepted */
    record Results(ObjectNode json, boolean complete) {}

    private record Result(ObjectNode json, boolean accepted) {}

    /** Whether a JSON body is a list. */
    static boolean isList(byte[] body) {
        for (byte b : body) {
            if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
                return b == '[';
            }
        }
        return false;
    }

    /** @throws CarillonException {@code invalid-request} if the body is no list of 1 to {@value #MAX_ITEMS} objects */
    CompletableFuture<Results> broadcastList(byte[] body) {
        return broadcast(JsonMembers.listOf(BODY, body, MAX_ITEMS).stream()
                .<Supplier<JsonMembers>>map(item -> () -> item)
                .toList());
    }

    /**
     * A line that is not JSON is refused by itself.
     *
     * @throws CarillonException {@code invalid-request} for no lines, or more than {@value #MAX_ITEMS}
     */
    CompletableFuture<Results> broadcastLines(byte[] body) {
        List<Supplier<JsonMembers>> items = new ArrayList<>();
        int line = 0;
        int from = 0;
        while (from < body.length) {
            int end = from;
            while (end < body.length && body[end] != '\n') {
                end++;
            }
            line++;
            byte[] text = Arrays.copyOfRange(body, from, end);
            from = end + 1;
            if (!new String(text, StandardCharsets.ISO_8859_1).isBlank()) {
                String where = "line " + line;
                items.add(() -> JsonMembers.of(where, text));
                if (items.size() > MAX_ITEMS) {
                    break;
                }
            }
        }
        if (items.isEmpty() || items.size() > MAX_ITEMS) {
            throw new CarillonException(
                    ErrorCode.INVALID_REQUEST, "body: must have 1 to " + MAX_ITEMS + " lines with a JSON object each");
        }
        return broadcast(items);
    }

    private CompletableFuture<Results> broadcast(List<Supplier<JsonMembers>> items) {
        List<@Nullable Result> refused = new ArrayList<>(items.size());
        List<Broadcast> valid = new ArrayList<>(items.size());
        for (int i = 0; i < items.size(); i++) {
            try {
                valid.add(parse(i + 1, items.get(i).get()));
                refused.add(null);
            } catch (RuntimeException e) {
                refused.add(refused(e));
            }
        }
        Iterator<CompletionStage<Broadcaster.Receipt>> outcomes =
                broadcaster.broadcastAll(grants, valid).iterator();
        List<CompletableFuture<Result>> results = new ArrayList<>(items.size());
        for (Result result : refused) {
            results.add(
                    result != null
                            ? CompletableFuture.completedFuture(result)
                            : outcomes.next()
                                    .handle((receipt, e) -> e == null ? accepted(receipt) : refused(e))
                                    .toCompletableFuture());
        }
        return CompletableFuture.allOf(results.toArray(CompletableFuture<?>[]::new))
                .thenApply(x -> results(
                        results.stream().map(CompletableFuture::resultNow).toList()));
    }

    private Broadcast parse(int number, JsonMembers json) {
        Idempotency by = BroadcastRequest.idempotency(json)
                .orElseGet(() -> key == null ? Idempotency.BY_ID : Idempotency.key(key + "#" + number));
        return new Broadcast(BroadcastRequest.item(json, grants.tenant()).withTraceparent(traceparent), by);
    }

    private static Results results(List<Result> all) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode list = json.putArray("results");
        all.forEach(result -> list.add(result.json()));
        return new Results(json, all.stream().allMatch(Result::accepted));
    }

    private static Result accepted(Broadcaster.Receipt receipt) {
        return new Result(BroadcastHandler.json(receipt), true);
    }

    private static Result refused(Throwable failure) {
        Throwable cause = Problem.cause(failure);
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        if (cause instanceof CarillonException known) {
            json.put("status", Problem.status(known.code()))
                    .put("code", known.code().code())
                    .put("detail", Text.printable(String.valueOf(known.getMessage()), 500));
        } else {
            LOGGER.atError().setCause(cause).log("a broadcast of a batch failed");
            json.put("status", Problem.status(ErrorCode.INTERNAL))
                    .put("code", ErrorCode.INTERNAL.code())
                    .put("detail", "the node failed; its log has the reason");
        }
        return new Result(json, false);
    }
}
