package dev.carillon.broker.redis;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ConfigException;
import dev.carillon.base.Platform;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Chain;
import dev.carillon.broker.IdConflictException;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.OverloadedException;
import dev.carillon.broker.Page;
import dev.carillon.broker.Store;
import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.redis.script.Frames;
import dev.carillon.broker.redis.script.Keys;
import dev.carillon.broker.redis.script.ScriptReply;
import dev.carillon.scope.Event;
import dev.carillon.scope.EventWire;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.lettuce.core.RedisURI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.LoggerFactory;

/**
 * A Jazzer target: each input is the reply of a script, a live frame, a change or a value, as any writer at the server could create it.
 * Unreadable data fail as unreadable and in no other way, or are skipped. Prints the number of decoded inputs at the end.
 */
public final class RedisFuzz {
    private static final Position AT = new Position(7, 2, 3);
    private static final Event EVENT = Event.to(Scope.topic("a")).data("d").build();
    private static final byte[] WIRE = EventWire.encode(EVENT, AT);
    private static final Chain CHAIN = new Chain(Tenant.DEFAULT, "topic:a");

    private static final Map<String, Function<ScriptReply, ?>> DECODERS = new TreeMap<>(Map.of(
            "snapshot",
                    reply -> {
                        Map<Position, Live> retained = new HashMap<>();
                        RedisChannel.addRetained(reply, AT, retained);
                        return retained;
                    },
            "generated", reply -> RedisLog.generated(reply, AT),
            "epochs", RedisLog::epochs,
            "entries", reply -> RedisStore.entries(Tenant.DEFAULT, "kind", reply)));

    private static final Map<String, Integer> READ = new TreeMap<>();
    private static final RedisChannel CHANNEL;
    private static final RedisStore STORE;

    static {
        // Skipped data are logged without a stack trace.
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.ERROR);
        BrokerOptions options = BrokerOptions.of("n");
        Keys keys = new Keys("carillon", 0);
        Subscriptions subscriptions = new Subscriptions();
        RedisAddress nowhere = new RedisAddress(RedisURI.create("redis://127.0.0.1:1"), "redis", false);
        RedisLink link = new RedisLink(
                new Connector(nowhere, keys, subscriptions, options, new ServerGroup().resources(), Platform.system()),
                keys,
                options,
                session -> {},
                Platform.system());
        Epochs epochs = new Epochs(keys);
        Appends appends = new Appends(link, epochs, keys, options, Platform.system());
        CHANNEL = new RedisChannel(link, subscriptions, epochs, keys, appends);
        STORE = new RedisStore(link, subscriptions, keys);
        CHANNEL.listen(RedisFuzz::delivered);
    }

    private RedisFuzz() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        switch (data.consumeInt(0, 6)) {
            case 0, 1 -> {
                String name = data.pickValue(List.copyOf(DECODERS.keySet()));
                Function<ScriptReply, ?> decoder = Objects.requireNonNull(DECODERS.get(name));
                read(name, () -> decoder.apply(reply(data)));
            }
            case 6 -> read("page", () -> page(data));
            case 2 -> read("appended", () -> AppendGroup.answer(EVENT, Idempotency.BY_ID, reply(data), 0));
            case 3 -> CHANNEL.deliver(CHAIN, frame(data));
            case 4 -> {
                byte[] change = change(data);
                STORE.changed("channel", Tenant.DEFAULT, "kind", change);
                read("change", () -> Frames.change(Tenant.DEFAULT, "kind", change));
                read("value", () -> Frames.value(new Store.Key(Tenant.DEFAULT, "kind", "n"), change));
            }
            default -> {
                byte[] text = bytes(data);
                RedisLog.head(new HashMap<>(), Keys.chain(Interest.all(Tenant.DEFAULT)), text);
                read("scope", () -> RedisLog.scope(text));
                ServerInfo info =
                        new ServerInfo("redis_version:" + data.consumeString(20) + "\nredis_mode:standalone\nrun_id:"
                                + data.consumeString(10) + "\nrole:" + data.consumeRemainingAsString());
                try {
                    info.check("redis");
                } catch (CarillonException | ConfigException e) {
                    // Declared.
                }
            }
        }
    }

    private static Object page(FuzzedDataProvider data) {
        List<Scope> scopes = data.consumeBoolean() ? List.of() : List.of(Scope.topic("a"), Scope.topic("b"));
        CompletableFuture<Page> page =
                TestReplies.page(() -> pageReply(data), scopes).toCompletableFuture();
        if (page.isCompletedExceptionally()) {
            throw Failures.of(page.exceptionNow());
        }
        return page.resultNow();
    }

    /** Valid in most cases. */
    private static List<Object> pageReply(FuzzedDataProvider data) {
        if (data.consumeInt(0, 9) == 0) {
            return reply(data).parts();
        }
        List<Object> parts = new ArrayList<>(List.of("ok".getBytes(StandardCharsets.UTF_8)));
        if (data.consumeBoolean()) {
            parts.addAll(List.of(7L, data.consumeLong(0, 300), 3L, data.consumeLong(0, 1), data.consumeLong(0, 1), 0L));
        }
        for (int n = data.consumeInt(0, 3); n > 0; n--) {
            if (data.consumeBoolean()) {
                parts.add(bytes(data));
            } else {
                List<Object> numbers = new ArrayList<>();
                long sequence = 0;
                for (int i = data.consumeInt(0, 130); i > 0; i--) {
                    sequence += data.consumeInt(0, 3);
                    numbers.add(sequence);
                }
                parts.add(numbers);
            }
        }
        return parts;
    }

    private static ScriptReply reply(FuzzedDataProvider data) {
        List<Object> parts = new ArrayList<>();
        int usual = data.consumeInt(0, 9);
        if (usual < 5) {
            parts.addAll(List.of("ok".getBytes(StandardCharsets.UTF_8), 7L, 2L, 3L, 0L));
            parts.add(usual < 3 ? 0L : "1:0:5,2:5:9".getBytes(StandardCharsets.UTF_8));
        } else if (usual < 7) {
            parts.add(data.pickValue(List.of("ok", "known", "conflict", "full", "error", "x"))
                    .getBytes(StandardCharsets.UTF_8));
            parts.add(bytes(data));
        }
        for (int n = data.consumeInt(0, 5); n > 0; n--) {
            parts.add(
                    switch (data.consumeInt(0, 7)) {
                        case 0 -> data.consumeLong();
                        case 1 -> data.consumeLong(0, 3);
                        case 2 -> data.consumeString(5);
                        case 3 -> List.of();
                        default -> bytes(data);
                    });
        }
        if (!parts.isEmpty() && data.consumeInt(0, 5) == 0) {
            parts.set(data.consumeInt(0, parts.size() - 1), bytes(data));
        }
        return new ScriptReply(parts);
    }

    private static byte[] bytes(FuzzedDataProvider data) {
        return switch (data.consumeInt(0, 6)) {
            case 0 -> WIRE.clone();
            case 1 -> EventWire.encode(EVENT);
            case 2 -> "7:2:3".getBytes(StandardCharsets.UTF_8);
            case 3 -> "topic:a".getBytes(StandardCharsets.UTF_8);
            case 4 -> ByteBuffer.allocate(10).putLong(data.consumeLong()).array();
            default -> data.consumeBytes(data.consumeInt(0, 60));
        };
    }

    private static byte[] frame(FuzzedDataProvider data) {
        byte[] wire = data.consumeInt(0, 2) == 0 ? data.consumeBytes(60) : WIRE;
        byte[] frame = ByteBuffer.allocate(8 + wire.length).putLong(1).put(wire).array();
        return data.consumeInt(0, 3) == 0 ? Arrays.copyOf(frame, data.consumeInt(0, frame.length)) : frame;
    }

    private static byte[] change(FuzzedDataProvider data) {
        byte[] name = ("n" + data.consumeAsciiString(20)).getBytes(StandardCharsets.UTF_8);
        int length = data.consumeInt(0, 5) == 0 ? data.consumeInt() : name.length;
        byte[] value = data.consumeBytes(5);
        byte[] change = ByteBuffer.allocate(12 + name.length + value.length)
                .putLong(data.consumeLong(0, 2))
                .putInt(length)
                .put(name)
                .put(value)
                .array();
        return data.consumeInt(0, 5) == 0 ? data.consumeBytes(12) : change;
    }

    private static void delivered(Live live) {
        require(live.event().data().equals("d") || live.at() != null, "an event without its position");
        READ.merge("live", 1, Integer::sum);
    }

    private static void read(String what, Supplier<?> decoder) {
        try {
            Object _ = decoder.get();
            READ.merge(what, 1, Integer::sum);
        } catch (RuntimeException e) {
            CarillonException failure = Failures.of(e);
            require(
                    failure instanceof UnreadableException
                            || failure instanceof OverloadedException
                            || failure instanceof BrokerUnavailableException
                                    && !String.valueOf(failure.getMessage()).startsWith("the connection")
                            || failure instanceof IdConflictException
                            || String.valueOf(failure.getMessage()).startsWith("Redis refused a command")
                            || String.valueOf(failure.getMessage()).startsWith("the append script answered"),
                    what + " fails with " + e);
        }
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
