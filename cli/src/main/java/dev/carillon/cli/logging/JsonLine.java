package dev.carillon.cli.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/**
 * Encodes a log event as one line of JSON: {@code time} (ISO 8601, UTC), {@code level}, {@code logger}, {@code thread}, {@code message}, the key-value
 * pairs of the event as members of their own, and {@code error}. Logback's encoder for JSON writes the pairs as a list, and the time as a number.
 */
final class JsonLine {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int INITIAL_BYTES = 512;
    private static final String ERROR = "error";
    private static final Set<String> OWN = Set.of("time", "level", "logger", "thread", "message", ERROR);

    private JsonLine() {}

    /** @param stackTrace whether an exception is written with its stack trace */
    static byte[] encode(ILoggingEvent event, boolean stackTrace) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(INITIAL_BYTES);
        try (JsonGenerator line = JSON.createGenerator(bytes)) {
            line.writeStartObject();
            line.writeStringField("time", event.getInstant().toString());
            line.writeStringField("level", event.getLevel().toString());
            line.writeStringField("logger", event.getLoggerName());
            line.writeStringField("thread", event.getThreadName());
            line.writeStringField("message", String.valueOf(event.getFormattedMessage()));
            writePairs(line, event.getKeyValuePairs());
            IThrowableProxy thrown = event.getThrowableProxy();
            if (thrown != null) {
                line.writeStringField(
                        ERROR,
                        stackTrace
                                ? ThrowableProxyUtil.asString(thrown)
                                : thrown.getClassName() + ": " + thrown.getMessage());
            }
            line.writeEndObject();
            line.writeRaw('\n');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** A name that is taken gets an underscore, so that no member is written twice. */
    private static void writePairs(JsonGenerator line, @Nullable List<KeyValuePair> pairs) throws IOException {
        if (pairs == null || pairs.isEmpty()) {
            return;
        }
        Set<String> taken = new HashSet<>(OWN);
        for (KeyValuePair pair : pairs) {
            String name = pair.key;
            while (!taken.add(name)) {
                name += "_";
            }
            line.writeFieldName(name);
            switch (pair.value) {
                case null -> line.writeNull();
                case Boolean flag -> line.writeBoolean(flag);
                case Integer number -> line.writeNumber(number);
                case Long number -> line.writeNumber(number);
                case Object other -> line.writeString(other.toString());
            }
        }
    }
}
