package dev.carillon.delivery;

import dev.carillon.base.CloseReason;
import dev.carillon.base.Text;
import dev.carillon.broker.Live;
import dev.carillon.format.WireFormat;
import org.jspecify.annotations.Nullable;

/** Writes one line for each event, with only its data. */
final class LineFormat implements WireFormat {
    @Override
    public byte[] preamble() {
        return new byte[0];
    }

    @Override
    public byte[] encode(Live live, boolean withId) {
        return Text.utf8(live.event().data() + "\n");
    }

    @Override
    public byte[] notice(String type, @Nullable String cursor, String data) {
        return Text.utf8(type + " " + data + "\n");
    }

    /** Nothing: each client has a delay of its own. */
    @Override
    public byte[] retry(int millis) {
        return new byte[0];
    }

    @Override
    public byte[] heartbeat() {
        return new byte[0];
    }

    @Override
    public byte[] end(CloseReason reason) {
        return Text.utf8("closed: " + reason.code() + "\n");
    }
}
