package dev.carillon.tracing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A span, read from the protobuf of an {@code ExportTraceServiceRequest} (opentelemetry-proto, trace/v1/trace.proto).
 *
 * @param parent empty: none
 * @param node attribute {@code service.instance.id} of its resource
 * @param failed whether its status is an error
 */
record ExportedSpan(
        String trace,
        String id,
        String parent,
        String name,
        String node,
        Map<String, String> attributes,
        boolean failed) {
    /** A field with its number: bytes, or a number. */
    private record Field(int number, ByteBuffer bytes, long value) {
        String text() {
            return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
        }

        String hex() {
            byte[] copy = new byte[bytes.remaining()];
            bytes.duplicate().get(copy);
            return HexFormat.of().formatHex(copy);
        }
    }

    static List<ExportedSpan> read(byte[] request) {
        List<ExportedSpan> spans = new ArrayList<>();
        for (Field resourceSpans : fields(ByteBuffer.wrap(request))) {
            String node = "";
            for (Field part : fields(resourceSpans.bytes())) {
                if (part.number() == 1) {
                    node = attributes(part, 1).getOrDefault("service.instance.id", "");
                }
            }
            for (Field part : fields(resourceSpans.bytes())) {
                if (part.number() == 2) {
                    for (Field span : fields(part.bytes())) {
                        if (span.number() == 2) {
                            spans.add(span(span, node));
                        }
                    }
                }
            }
        }
        return spans;
    }

    private static ExportedSpan span(Field span, String node) {
        String trace = "";
        String id = "";
        String parent = "";
        String name = "";
        boolean failed = false;
        for (Field part : fields(span.bytes())) {
            switch (part.number()) {
                case 1 -> trace = part.hex();
                case 2 -> id = part.hex();
                case 4 -> parent = part.hex();
                case 5 -> name = part.text();
                case 15 ->
                    failed = fields(part.bytes()).stream().anyMatch(each -> each.number() == 3 && each.value() == 2);
                default -> {}
            }
        }
        return new ExportedSpan(trace, id, parent, name, node, attributes(span, 9), failed);
    }

    private static Map<String, String> attributes(Field of, int number) {
        Map<String, String> attributes = new TreeMap<>();
        for (Field part : fields(of.bytes())) {
            if (part.number() == number) {
                String key = "";
                String value = "";
                for (Field each : fields(part.bytes())) {
                    if (each.number() == 1) {
                        key = each.text();
                    } else {
                        Field any = fields(each.bytes()).getFirst();
                        value = any.number() == 1 ? any.text() : Long.toString(any.value());
                    }
                }
                attributes.put(key, value);
            }
        }
        return attributes;
    }

    private static List<Field> fields(ByteBuffer message) {
        ByteBuffer in = message.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        List<Field> fields = new ArrayList<>();
        while (in.hasRemaining()) {
            long tag = varint(in);
            int number = (int) (tag >>> 3);
            switch ((int) (tag & 7)) {
                case 0 -> fields.add(new Field(number, ByteBuffer.allocate(0), varint(in)));
                case 1 -> fields.add(new Field(number, ByteBuffer.allocate(0), in.getLong()));
                case 5 -> fields.add(new Field(number, ByteBuffer.allocate(0), in.getInt()));
                case 2 -> {
                    int length = (int) varint(in);
                    fields.add(new Field(number, in.slice(in.position(), length), 0));
                    in.position(in.position() + length);
                }
                default -> throw new AssertionError("wire type of field " + number);
            }
        }
        return fields;
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte b = in.get();
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
    }
}
