package dev.carillon.mercure;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A parsed body in {@code application/x-www-form-urlencoded} (URL Standard, section 5.1), in UTF-8. */
final class FormBody {
    private static final int MAX_FIELDS = 10_000;

    private final Map<String, List<String>> fields = new HashMap<>();

    private FormBody() {}

    /**
     * @throws CarillonException {@code invalid-request} for a malformed escape, bytes that are not UTF-8, or more than {@value #MAX_FIELDS}
     *     fields
     */
    static FormBody parse(byte[] body) {
        FormBody form = new FormBody();
        int count = 0;
        int begin = 0;
        for (int i = 0; i <= body.length; i++) {
            if (i == body.length || body[i] == '&') {
                if (i > begin) {
                    if (++count > MAX_FIELDS) {
                        throw invalid("must have at most " + MAX_FIELDS + " fields");
                    }
                    form.add(body, begin, i);
                }
                begin = i + 1;
            }
        }
        return form;
    }

    private void add(byte[] body, int begin, int end) {
        int equals = begin;
        while (equals < end && body[equals] != '=') {
            equals++;
        }
        String name = decoded(body, begin, equals);
        String value = equals < end ? decoded(body, equals + 1, end) : "";
        fields.computeIfAbsent(name, n -> new ArrayList<>(1)).add(value);
    }

    private static String decoded(byte[] body, int begin, int end) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(end - begin);
        for (int i = begin; i < end; i++) {
            if (body[i] == '+') {
                bytes.write(' ');
            } else if (body[i] == '%') {
                int high = i + 2 < end ? Character.digit(body[i + 1], 16) : -1;
                int low = i + 2 < end ? Character.digit(body[i + 2], 16) : -1;
                if (high < 0 || low < 0) {
                    throw invalid("must have two hexadecimal digits after each %");
                }
                bytes.write(high << 4 | low);
                i += 2;
            } else {
                bytes.write(body[i]);
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw invalid("must be UTF-8");
        }
    }

    List<String> values(String name) {
        return fields.getOrDefault(name, List.of());
    }

    /** The first value, unless it is empty. */
    Optional<String> first(String name) {
        return values(name).stream().findFirst().filter(value -> !value.isEmpty());
    }

    boolean has(String name) {
        return fields.containsKey(name);
    }

    private static CarillonException invalid(String rule) {
        return new CarillonException(ErrorCode.INVALID_REQUEST, "body: " + rule);
    }
}
