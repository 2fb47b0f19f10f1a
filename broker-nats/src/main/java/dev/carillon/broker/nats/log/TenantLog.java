package dev.carillon.broker.nats.log;

import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import io.nats.client.api.StreamInfo;
import java.time.ZonedDateTime;

/**
 * A tenant's log as it was found in one session: that its open epoch is of this server process and of this stream was checked.
 *
 * @param created of the stream
 */
public record TenantLog(Tenant tenant, long epoch, Epochs epochs, String created) {
    public String stream() {
        return Subjects.logStream(tenant);
    }

    public String subject(String key) {
        return Subjects.log(tenant, epoch, key);
    }

    /** Whether the information is of the stream that was checked, and not of one that was made since. */
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
