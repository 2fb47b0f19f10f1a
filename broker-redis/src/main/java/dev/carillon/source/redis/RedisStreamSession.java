package dev.carillon.source.redis;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.Text;
import dev.carillon.source.SourceAddress;
import dev.carillon.source.SourceMessage;
import dev.carillon.source.SourceOptions;
import dev.carillon.source.SourceSession;
import io.lettuce.core.Consumer;
import io.lettuce.core.RedisBusyException;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.api.sync.RedisCommands;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * Reads a stream as the one consumer of a group. All nodes use the same name of the consumer, as one of them reads at a time: the entries that a node had received
 * and not acknowledged are then this consumer's own pending ones, which it reads first, in order.
 */
final class RedisStreamSession implements SourceSession {
    private static final String CONSUMER = "carillon";
    private static final String BEGINNING = "0";
    private static final long CLOSE_MILLIS = 1_000;
    private static final Duration COUNT_INTERVAL = Duration.ofSeconds(5);

    private final RedisClient client;
    private final RedisCommands<String, byte[]> redis;
    private final SourceAddress address;
    private final RedisStreamSource.Names names;
    private final SourceOptions options;
    /** Entries without an acknowledgement, by the numbers of their messages. */
    private final Map<Long, StreamMessage<String, byte[]>> unacknowledged = new HashMap<>();

    private long number;
    /** The last pending entry that was read; empty: there are no more. */
    private String pendingAfter = BEGINNING;

    private OptionalLong count = OptionalLong.empty();
    private long countedNanos;

    RedisStreamSession(
            RedisClient client,
            RedisCommands<String, byte[]> redis,
            SourceAddress address,
            RedisStreamSource.Names names,
            SourceOptions options) {
        this.client = client;
        this.redis = redis;
        this.address = address;
        this.names = names;
        this.options = options;
        this.countedNanos = options.platform().nanoTime().getAsLong() - COUNT_INTERVAL.toNanos();
    }

    /** Creates the group, and the stream with it, unless they exist. */
    void prepare() {
        try {
            String _ = redis.xgroupCreate(
                    XReadArgs.StreamOffset.from(names.stream(), names.from()),
                    names.group(),
                    XGroupCreateArgs.Builder.mkstream());
        } catch (RedisBusyException e) {
            // The group exists.
        } catch (RedisCommandExecutionException e) {
            if (!String.valueOf(e.getMessage()).startsWith("BUSYGROUP")) {
                throw e;
            }
        }
    }

    @Override
    public List<SourceMessage> receive(int max, Duration wait) {
        try {
            while (!pendingAfter.isEmpty()) {
                List<StreamMessage<String, byte[]>> entries =
                        read(XReadArgs.Builder.count(max), XReadArgs.StreamOffset.from(names.stream(), pendingAfter));
                pendingAfter = entries.isEmpty() ? "" : entries.getLast().getId();
                List<SourceMessage> messages = messages(entries, true);
                if (!messages.isEmpty()) {
                    return messages;
                }
            }
            return messages(
                    read(
                            XReadArgs.Builder.count(max).block(Math.max(1, wait.toMillis())),
                            XReadArgs.StreamOffset.lastConsumed(names.stream())),
                    false);
        } catch (RuntimeException e) {
            throw RedisStreamFailures.of(address, e);
        }
    }

    @SuppressWarnings("unchecked") // A generic array of one offset.
    private List<StreamMessage<String, byte[]>> read(XReadArgs args, XReadArgs.StreamOffset<String> from) {
        List<StreamMessage<String, byte[]>> entries =
                redis.xreadgroup(Consumer.from(names.group(), CONSUMER), args, from);
        return entries == null ? List.of() : entries;
    }

    /** A pending entry that was deleted from the stream has no fields: it is lost, and only acknowledged. */
    private List<SourceMessage> messages(List<StreamMessage<String, byte[]>> entries, boolean redelivered) {
        List<SourceMessage> messages = new ArrayList<>(entries.size());
        for (StreamMessage<String, byte[]> entry : entries) {
            if (entry.getBody() == null || entry.getBody().isEmpty()) {
                long _ = redis.xack(names.stream(), names.group(), entry.getId());
                continue;
            }
            number++;
            unacknowledged.put(number, entry);
            messages.add(message(number, entry.getId(), entry.getBody(), names, redelivered));
        }
        return messages;
    }

    static SourceMessage message(
            long number, String id, Map<String, byte[]> fields, RedisStreamSource.Names names, boolean redelivered) {
        Map<String, String> headers = new HashMap<>();
        fields.forEach((name, value) -> {
            if (!name.equals(names.field())) {
                headers.put(name, new String(value, StandardCharsets.UTF_8));
            }
        });
        byte[] body = fields.get(names.field());
        return new SourceMessage(
                number,
                names.stream() + ":" + id,
                headers.get("key"),
                headers,
                body == null ? json(fields) : body,
                Instant.ofEpochMilli(Long.parseLong(id.substring(0, id.indexOf('-')))),
                redelivered);
    }

    /** Without the field of the body, the body is the entry itself, as an object of texts. */
    private static byte[] json(Map<String, byte[]> fields) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        fields.forEach((name, value) -> json.put(name, new String(value, StandardCharsets.UTF_8)));
        return Text.utf8(json.toString());
    }

    @Override
    public void acknowledge(List<SourceMessage> messages) {
        String[] ids = messages.stream()
                .map(message -> Objects.requireNonNull(unacknowledged.get(message.number()))
                        .getId())
                .toArray(String[]::new);
        try {
            long _ = redis.xack(names.stream(), names.group(), ids);
        } catch (RuntimeException e) {
            throw RedisStreamFailures.of(address, e);
        }
        messages.forEach(message -> unacknowledged.remove(message.number()));
    }

    /** After a failure between the two commands the entry is there twice, rather than lost. */
    @Override
    public void deadLetter(SourceMessage message, String reason) {
        StreamMessage<String, byte[]> entry = Objects.requireNonNull(unacknowledged.get(message.number()));
        Map<String, byte[]> fields = new LinkedHashMap<>(entry.getBody());
        fields.put("carillon-id", Text.utf8(entry.getId()));
        fields.put("carillon-reason", Text.utf8(reason));
        try {
            String _ = redis.xadd(names.deadLetters(), fields);
        } catch (RuntimeException e) {
            throw RedisStreamFailures.of(address, e);
        }
        acknowledge(List.of(message));
    }

    /** Asks the server, at most every few seconds. */
    @Override
    public OptionalLong pending() {
        long now = options.platform().nanoTime().getAsLong();
        if (now - countedNanos >= COUNT_INTERVAL.toNanos()) {
            countedNanos = now;
            try {
                count = waiting(redis.xinfoGroups(names.stream()));
            } catch (RedisCommandExecutionException e) {
                // Reading needs no right to ask.
                count = OptionalLong.empty();
            } catch (RuntimeException e) {
                throw RedisStreamFailures.of(address, e);
            }
        }
        return count;
    }

    /** Entries that the group has not read, and those that it has not acknowledged. */
    private OptionalLong waiting(List<Object> groups) {
        for (Object each : groups) {
            if (each instanceof List<?> pairs) {
                Map<String, Object> group = new HashMap<>();
                for (int i = 0; i + 1 < pairs.size(); i += 2) {
                    group.put(text(pairs.get(i)), Objects.requireNonNullElse(pairs.get(i + 1), ""));
                }
                if (text(group.getOrDefault("name", "")).equals(names.group())
                        && group.get("lag") instanceof Long lag
                        && group.get("pending") instanceof Long pending) {
                    return OptionalLong.of(lag + pending);
                }
            }
        }
        return OptionalLong.empty();
    }

    private static String text(Object value) {
        return value instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : String.valueOf(value);
    }

    @Override
    public void close() {
        shutDown(client);
    }

    static void shutDown(RedisClient client) {
        client.shutdown(0, CLOSE_MILLIS, TimeUnit.MILLISECONDS);
    }
}
