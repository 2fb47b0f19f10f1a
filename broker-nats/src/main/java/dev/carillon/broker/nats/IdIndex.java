package dev.carillon.broker.nats;

import dev.carillon.broker.BrokerOptions;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.impl.Headers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Where the events are whose broadcasters gave them ids: one message for each id in a stream of the tenant, kept as long as
 * the log keeps events.
 *
 * <p>That an event is appended once is not its affair: the server does that, by {@code Nats-Msg-Id}. So a broadcaster first
 * announces the id, sends the event right behind on the same connection without waiting, and notes the position afterwards.
 * Where he died before that, an announcement is found instead of a position, and the log is searched from its time on.
 */
final class IdIndex {
    /** An event may have been stored a little before its announcement: they are in two streams. */
    private static final long SEARCH_BEFORE_MILLIS = 5_000;

    private static final int MAX_SEARCHED = 200_000;

    /**
     * What the index knows of an id.
     *
     * @param at null: announced
     * @param announcedMillis the server's time of the note
     */
    record Note(String digest, @Nullable Position at, long announcedMillis) {
        static Note of(Stored stored) {
            String[] f = new String(stored.data(), StandardCharsets.UTF_8).split(" ", -1);
            return new Note(f[0], f.length < 2 ? null : Position.parse(f[1]), stored.atMillis());
        }

        boolean is(Position position) {
            return at != null && at.compareTo(position) == 0;
        }

        byte[] encode() {
            return (digest + (at == null ? "" : " " + at.text())).getBytes(StandardCharsets.UTF_8);
        }
    }

    private IdIndex() {}

    static StreamConfiguration config(Tenant tenant, BrokerOptions options) {
        return StreamConfiguration.builder()
                .name(Subjects.idStream(tenant))
                .subjects(Subjects.id(tenant, "*"))
                .storageType(StorageType.File)
                .maxMessagesPerSubject(1)
                .maxMessages(options.maxLogEvents(tenant))
                .maxAge(TenantLogs.age(options))
                .allowDirect(true)
                .build();
    }

    /** Does not replace what is known of the id: then the answer is a conflict, which does no harm. */
    static CompletableFuture<Ack> announce(NatsApi api, Tenant tenant, String hash, String digest) {
        Note note = new Note(digest, null, 0);
        return api.publish(Subjects.id(tenant, hash), new Headers(), note.encode(), 0);
    }

    static CompletableFuture<Ack> note(NatsApi api, Tenant tenant, String hash, String digest, Position at) {
        Note note = new Note(digest, at, 0);
        return api.publish(Subjects.id(tenant, hash), new Headers(), note.encode(), NatsApi.ANY_SEQUENCE);
    }

    static CompletableFuture<Optional<Note>> get(NatsApi api, Tenant tenant, String hash) {
        return api.last(Subjects.idStream(tenant), Subjects.id(tenant, hash)).thenApply(found -> found.map(Note::of));
    }

    /** Where an event is whose id was announced; blocks. */
    static Optional<Position> search(NatsSession session, Tenant tenant, String hash, Note announced) {
        Position[] found = new Position[1];
        int[] searched = new int[1];
        new Scan(Subjects.logStream(tenant), List.of(), true)
                .since(announced.announcedMillis() - SEARCH_BEFORE_MILLIS, session, stored -> {
                    if (hash.equals(stored.header(NatsApi.MESSAGE_ID))) {
                        found[0] = stored.position();
                    }
                    return found[0] == null && ++searched[0] < MAX_SEARCHED;
                });
        return Optional.ofNullable(found[0]);
    }
}
