package dev.carillon.fanout;

import dev.carillon.base.CloseReason;
import dev.carillon.base.Text;
import dev.carillon.broker.Live;
import dev.carillon.format.WireFormat;
import org.jspecify.annotations.Nullable;

/** Writes only the data of events, so that output is easy to compare. Counts how often it encodes. */
final class PlainFormat implements WireFormat {
    int encoded;

    @Override
    public byte[] preamble() {
        return new byte[0];
    }

    @Override
    public byte[] encode(Live live, boolean withId) {
        encoded++;
        return Text.utf8(live.event().data() + ";");
    }

    @Override
    public byte[] notice(String type, @Nullable String cursor, String data) {
        return Text.utf8(type + data + ";");
    }

    @Override
    public byte[] retry(int millis) {
        return Text.utf8("retry" + millis + ";");
    }

    @Override
    public byte[] heartbeat() {
        return new byte[] {':'};
    }

    @Override
    public byte[] end(CloseReason reason) {
        return Text.utf8(reason.code() + ";");
    }
}
