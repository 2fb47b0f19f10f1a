package dev.carillon.broker.nats.log;

import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.nats.connection.NatsApi;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import io.nats.client.api.StreamInfo;
import java.time.ZonedDateTime;
import org.jspecify.annotations.Nullable;

/**
 * A tenant's log, checked in one session: its open epoch belongs to this server process and this stream.
 *
 * @param created creation time of the stream
 * @param leader server that led the replicated stream; null: the stream is on one server
 */
public record TenantLog(
        Tenant tenant,
        long epoch,
        Epochs epochs,
        String created,
        @Nullable String leader) {
    public String stream() {
        return Subjects.logStream(tenant);
    }

    public String subject(String key) {
        return Subjects.log(tenant, epoch, key);
    }

    /** Whether the information is about the checked stream, and not about one created since, nor from a leader that was not checked. */
    public boolean isOf(StreamInfo info) {
        return created.equals(created(info)) && (leader == null || leader.equals(NatsApi.leader(info)));
    }

    public Position head(StreamInfo info) {
        long last = info.getStreamState().getLastSequence();
        ZonedDateTime time = info.getStreamState().getLastTime();
        long millis =
                last == 0 || time == null ? 0 : Math.max(0, time.toInstant().toEpochMilli());
        return UnreadableException.reading("a state of a stream", () -> new Position(epoch, last, millis));
    }

    public static String created(StreamInfo info) {
        return info.getCreateTime().toInstant().toString();
    }
}
