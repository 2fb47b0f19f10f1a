package dev.carillon.format;

import dev.carillon.base.CloseReason;
import dev.carillon.base.Text;
import dev.carillon.broker.Live;
import dev.carillon.scope.Event;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Server-sent events (HTML Standard, section 9.2): the fields event, retry, id, data, in this order. */
final class SseFormat implements WireFormat {
    private static final String DEFAULT_TYPE = "message";
    private static final byte[] NOTHING = {};

    /** For {@code /events}: writes all notices, and omits the type {@code message}, which is the default of every client. */
    static final SseFormat OWN =
            new SseFormat(NOTHING, Text.utf8(":\n\n"), type -> !type.equals(DEFAULT_TYPE), type -> true);
    /** For the Mercure hub: begins with a comment and writes no notices except gaps. */
    static final SseFormat MERCURE = new SseFormat(Text.utf8(":\n"), Text.utf8(":\n"), type -> true, Gap.TYPE::equals);

    private final byte[] preamble;
    private final byte[] heartbeat;
    private final Predicate<String> writesType;
    private final Predicate<String> writesNotice;

    /**
     * @param writesType whether the type of an event is written
     * @param writesNotice whether notices of a type are written
     */
    private SseFormat(byte[] preamble, byte[] heartbeat, Predicate<String> writesType, Predicate<String> writesNotice) {
        this.preamble = preamble;
        this.heartbeat = heartbeat;
        this.writesType = writesType;
        this.writesNotice = writesNotice;
    }

    @Override
    public byte[] preamble() {
        return preamble.clone();
    }

    @Override
    public byte[] encode(Live live, boolean withId) {
        Event event = live.event();
        StringBuilder out = new StringBuilder(event.data().length() + 80);
        String type = event.type();
        if (type != null && writesType.test(type)) {
            field(out, "event", type);
        }
        Long retry = event.retryMillis();
        if (retry != null) {
            field(out, "retry", retry.toString());
        }
        if (withId) {
            field(out, "id", live.id());
        }
        data(out, event.data());
        return Text.utf8(out.append('\n').toString());
    }

    @Override
    public byte[] notice(String type, @Nullable String cursor, String data) {
        if (!writesNotice.test(type)) {
            return NOTHING;
        }
        StringBuilder out = new StringBuilder();
        field(out, "event", type);
        if (cursor != null) {
            field(out, "id", cursor);
        }
        data(out, data);
        return Text.utf8(out.append('\n').toString());
    }

    @Override
    public byte[] retry(int millis) {
        return Text.utf8("retry: " + millis + "\n\n");
    }

    @Override
    public byte[] heartbeat() {
        return heartbeat.clone();
    }

    @Override
    public byte[] end(CloseReason reason) {
        return notice("carillon.close", "{\"reason\":\"" + reason.code() + "\"}");
    }

    private static void field(StringBuilder out, String name, String value) {
        out.append(name).append(": ").append(value).append('\n');
    }

    /** CRLF, CR and LF each end a line. At least one data field is written, as browsers ignore an event without data. */
    private static void data(StringBuilder out, String data) {
        int start = 0;
        for (int i = 0; i < data.length(); i++) {
            char c = data.charAt(i);
            if (c == '\n' || c == '\r') {
                out.append("data: ").append(data, start, i).append('\n');
                if (c == '\r' && i + 1 < data.length() && data.charAt(i + 1) == '\n') {
                    i++;
                }
                start = i + 1;
            }
        }
        out.append("data: ").append(data, start, data.length()).append('\n');
    }
}
