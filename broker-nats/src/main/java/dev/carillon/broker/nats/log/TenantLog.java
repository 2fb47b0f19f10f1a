package dev.carillon.broker.nats.log;

import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import io.nats.client.api.StreamInfo;
import java.time.ZonedDateTime;

/**
 * A tenant's log, checked in one session: its open epoch belongs to this server process and this stream.
 *
 * @param created creation time of the stream
 */
public record TenantLog(Tenant tenant, long epoch, Epochs epochs, String created) {
    public String stream() {
        return Subjects.logStream(tenant);
    }

    public String subject(String key) {
        return Subjects.log(tenant, epoch, key);
    }

    /** Whether the information is about the checked stream, and not about one created since. */
    public boolean isOf(StreamInfo info) {
        return created.equals(created(info));
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
