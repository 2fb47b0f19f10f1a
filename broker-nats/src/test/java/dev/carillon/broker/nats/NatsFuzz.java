package dev.carillon.broker.nats;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.nats.connection.Failures;
import dev.carillon.broker.nats.connection.NatsApi;
import dev.carillon.broker.nats.connection.StoredMessage;
import dev.carillon.broker.nats.log.Epochs;
import dev.carillon.broker.nats.log.IdIndex;
import dev.carillon.broker.nats.store.StoredValue;
import dev.carillon.scope.Event;
import dev.carillon.scope.EventWire;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.nats.client.Message;
import io.nats.client.impl.Headers;
import io.nats.client.impl.NatsMessage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A Jazzer target: each input is a message, a stored record or an answer of JetStream, as any writer at the server could create it.
 * Unreadable data fail as unreadable and in no other way; encoded data decode to the same. Prints the number of decoded inputs at the
 * end.
 */
public final class NatsFuzz {
    private static final byte[] EVENT =
            EventWire.encode(Event.to(Scope.topic("a")).data("d").build());

    private static final List<Function<NatsApi, CompletableFuture<?>>> QUESTIONS = List.of(
            api -> api.publish("s", new Headers(), new byte[0], 7),
            api -> api.last("S", "s"),
            api -> api.message("S", 1),
            api -> api.info("S"),
            api -> api.update(TestAnswers.stream()),
            api -> api.delete("S", 1),
            api -> api.createConsumer("S", TestAnswers.consumer()),
            api -> api.pending("S", "c"),
            api -> api.streams(">"));

    private static final List<String> FIELDS = List.of(
            "\"stream\":\"S\"",
            "\"seq\":7",
            "\"duplicate\":true",
            "\"name\":\"n\"",
            "\"config\":{\"name\":\"S\",\"subjects\":[\"a.*\"],\"max_age\":1}",
            "\"state\":{\"messages\":1,\"first_seq\":1,\"last_seq\":2,\"last_ts\":\"2026-01-01T00:00:00Z\"}",
            "\"created\":\"2026-01-01T00:00:00.5Z\"",
            "\"ts\":\"2026-01-01T00:00:00Z\"",
            "\"num_pending\":3",
            "\"streams\":[\"S\"]",
            "\"stream_name\":\"S\"",
            "\"delivered\":{\"consumer_seq\":0,\"stream_seq\":0}",
            "\"ack_floor\":{\"consumer_seq\":0,\"stream_seq\":0}",
            "\"success\":true",
            "\"error\":{\"code\":404,\"err_code\":10059,\"description\":\"stream not found\"}",
            "\"error\":{\"code\":400,\"err_code\":10071}");

    private static final List<String> VALUES = List.of(
            "null", "[]", "{}", "[null]", "-1", "1e400", "9223372036854775807", "18446744073709551615", "\"\"", "true");

    private static final Map<String, Integer> READ = new TreeMap<>();

    private NatsFuzz() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        switch (data.consumeInt(0, 4)) {
            case 0 -> message(data);
            case 1 -> epochs(data);
            case 2 -> answer(data);
            case 3 -> value(data);
            default -> note(data);
        }
    }

    private static void message(FuzzedDataProvider data) {
        Headers headers = new Headers();
        put(
                headers,
                data,
                "Nats-Subject",
                List.of("carillon.log.default.7.k", "carillon.live.default.k", "k", "..", ""));
        put(headers, data, "Nats-Sequence", List.of("1", "0", "-1", "9007199254740992", "x", ""));
        put(
                headers,
                data,
                "Nats-Time-Stamp",
                List.of("2026-01-01T00:00:00.123456789Z", "-1000000-01-01T00:00:00Z", "x"));
        put(headers, data, "Nats-Last-Sequence", List.of("0", "-1", "x"));
        put(headers, data, "Carillon-Ttl", List.of("100", "-1", "9223372036854775807", "x"));
        put(headers, data, "Carillon-Removed", List.of("1", ""));
        byte[] body = data.consumeBoolean() ? EVENT.clone() : data.consumeRemainingAsBytes();
        Message message = NatsMessage.builder()
                .subject("carillon.live.default.k")
                .headers(headers)
                .data(body)
                .build();
        read("message", () -> StoredMessage.ofHeaders(message), stored -> {
            read("position", stored::position, at -> {});
            read("previous", stored::previous, at -> {});
            read("event", stored::event, event -> {
                byte[] again = EventWire.encode(event);
                require(
                        Arrays.equals(
                                again, EventWire.encode(EventWire.decode(again).event())),
                        "an event changes");
            });
            read("ttl", () -> StoredValue.ttl(stored), ttl -> {});
            read("value", () -> StoredValue.of(stored), value -> {
                boolean _ = value.lives(0);
                read("key", () -> value.key(Tenant.DEFAULT, "kind"), value::entry);
            });
            read("note", () -> IdIndex.Note.of(stored), note -> {});
        });
        read("pulled", () -> StoredMessage.ofPulled(message), stored -> {});
    }

    private static void put(Headers headers, FuzzedDataProvider data, String name, List<String> values) {
        int kind = data.consumeInt(0, 9);
        if (kind > 0) {
            // Limited to characters that a header can carry.
            headers.put(name, kind == 1 ? data.consumeAsciiString(20).replaceAll("[^ -~]", "") : choose(data, values));
        }
    }

    /** Returns the first value in most cases. */
    private static String choose(FuzzedDataProvider data, List<String> values) {
        return values.get(data.consumeInt(0, 3) > 0 ? 0 : data.consumeInt(0, values.size() - 1));
    }

    private static void epochs(FuzzedDataProvider data) {
        StringBuilder text = new StringBuilder();
        for (int n = data.consumeInt(0, 4); n > 0; n--) {
            text.append(
                    data.consumeInt(0, 9) > 0
                            ? data.consumeLong(0, 9) + " " + data.consumeLong(0, 9) + " "
                                    + (data.consumeBoolean() ? data.consumeLong(0, 20) : Long.MAX_VALUE)
                                    + " server created\n"
                            : data.consumeString(40));
        }
        byte[] bytes = text.append(data.consumeString(data.consumeInt(0, 5)))
                .toString()
                .getBytes(StandardCharsets.UTF_8);
        read("epochs", () -> Epochs.decode(bytes), epochs -> {
            require(Epochs.decode(epochs.encode()).equals(epochs), "a record of epochs changes: " + text);
            long head = data.consumeLong(0, 30);
            Epochs opened = epochs.with(Epochs.NONE.open(8, 5, "s", "c")).open(9, head, "s", "c");
            require(Epochs.decode(opened.encode()).equals(opened), "an opened epoch is not read again: " + text);
            opened.list();
            opened.of(head);
            opened.withMessagesAfter(head);
            opened.resume(new Position(data.consumeLong(0, 9), data.consumeLong(0, 30), 0), head);
        });
    }

    private static void answer(FuzzedDataProvider data) {
        StringBuilder json = new StringBuilder();
        for (String field : FIELDS) {
            int kind = data.consumeInt(0, 39);
            boolean error = field.startsWith("\"error\"");
            if (kind == 0) {
                json.append(",\"x\":").append(data.consumeString(10));
            } else if (kind == 1) {
                json.append(',').append(field, 0, field.indexOf(':') + 1).append(choose(data, VALUES));
            } else if (kind > 2 && !error) {
                json.append(',').append(field);
            } else if (kind == 2 && error) {
                json.append(',').append(field);
            }
        }
        String body = data.consumeInt(0, 9) == 0
                ? data.consumeRemainingAsString()
                : "{" + (json.isEmpty() ? "" : json.substring(1)) + "}";
        Message answer = NatsMessage.builder().subject("inbox").data(body).build();
        NatsApi api = new NatsApi(TestAnswers.connection(answer), TestAnswers.limit(), 1);
        int question = data.consumeInt(0, QUESTIONS.size() - 1);
        CompletableFuture<?> result = QUESTIONS.get(question).apply(api);
        require(result.isDone(), "an answer that is none");
        if (!result.isCompletedExceptionally()) {
            READ.merge("answer " + question, 1, Integer::sum);
            return;
        }
        CarillonException failure = Failures.toBrokerFailure(result.exceptionNow());
        require(failure.code() != ErrorCode.INTERNAL, question + ": " + failure.getMessage() + ": " + body);
        require(!String.valueOf(failure.getMessage()).contains("no connection"), failure.getMessage() + ": " + body);
    }

    private static void value(FuzzedDataProvider data) {
        String name = "n" + data.consumeString(20);
        byte[] bytes = data.consumeBytes(20);
        StoredValue value = StoredValue.of(name, bytes, Duration.ofMillis(data.consumeInt(0, 1_000)));
        StoredValue again = StoredValue.of(new StoredMessage("s", 1, 2, value.headers(), value.encode()));
        require(
                again.name().equals(new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8))
                        && Arrays.equals(again.value(), bytes)
                        && again.ttlMillis() == value.ttlMillis(),
                "a value changes on its way");
    }

    private static void note(FuzzedDataProvider data) {
        String text = "token digest "
                + choose(data, List.of("1:2:3", "?", "-", "1:2", "-1:0:0", "")) + " "
                + choose(data, List.of("topic:a", "", "tab:", "x", "topic:\u0000"));
        byte[] bytes =
                (data.consumeInt(0, 3) > 0 ? text : data.consumeRemainingAsString()).getBytes(StandardCharsets.UTF_8);
        read("id", () -> IdIndex.Note.of(new StoredMessage("s", 1, 2, null, bytes)), note -> {
            require(note.scope().isEmpty() || !Scope.parse(note.scope()).text().isEmpty(), "a scope of nothing");
        });
    }

    private static <T> void read(String what, Supplier<T> decoder, Consumer<T> then) {
        T result;
        try {
            result = decoder.get();
        } catch (UnreadableException e) {
            return;
        }
        READ.merge(what, 1, Integer::sum);
        then.accept(result);
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    public static void fuzzerTearDown() {
        System.out.println("read: " + READ);
    }
}
