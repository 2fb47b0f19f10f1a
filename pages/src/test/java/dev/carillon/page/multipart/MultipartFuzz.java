package dev.carillon.page.multipart;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Jazzer target: one input is the body of a form, and how it arrives. It is read to its end or refused as {@code invalid-request}; nothing else is thrown. How the bytes
 * arrive changes nothing, and the rest of a form that another node reads has the same parts.
 */
public final class MultipartFuzz {
    private static final String BOUNDARY = "--b";

    /** Pieces of forms. */
    private static final String[] PIECES = {
        "----b",
        "\r\n----b",
        "\r\n----b\r\n",
        "\r\n----b--",
        "----b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n",
        "\r\n----b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\r\nContent-Type: text/plain\r\n\r\n",
        "Content-Disposition: form-data; name=",
        "Content-Type: ",
        "; filename=\"",
        "\\\"",
        "%22",
        "\r\n",
        "\r",
        "\n",
        "-",
        "--",
        ":",
        "\"",
        "\u0000",
        "\u00ff\u00fe",
    };

    private MultipartFuzz() {}

    private record Read(List<String> parts, boolean refused) {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) throws IOException {
        byte[] body = body(data);
        int step = data.consumeInt(1, 7);

        Read all = read(new ByteArrayInputStream(body), -1);

        if (!all.equals(read(new Slow(body, step), -1))) {
            throw new AssertionError("the parts depend on how the bytes arrive");
        }
        for (int passed = 0; passed <= all.parts().size(); passed++) {
            if (!all.equals(read(new Slow(body, step), passed))
                    || !all.equals(read(new ByteArrayInputStream(body), passed))) {
                throw new AssertionError("the rest after " + passed + " parts has other parts");
            }
        }
    }

    private static byte[] body(FuzzedDataProvider data) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        int pieces = data.consumeInt(0, 24);
        for (int i = 0; i < pieces; i++) {
            byte[] piece = data.consumeBoolean()
                    ? data.pickValue(PIECES).getBytes(StandardCharsets.ISO_8859_1)
                    : data.consumeBytes(20);
            // Sometimes longer than the buffer.
            int times = data.consumeInt(0, 99) == 0 ? 3_000 : 1;
            for (int n = 0; n < times; n++) {
                body.writeBytes(piece);
            }
        }
        return body.toByteArray();
    }

    /** @param passed number of parts after which another reader reads the rest; negative: none does */
    private static Read read(InputStream body, int passed) throws IOException {
        List<String> parts = new ArrayList<>();
        try {
            MultipartReader reader = reader(body);
            MultipartReader.Part part = reader.next();
            while (part != null) {
                if (parts.size() == passed) {
                    reader = reader(reader.remaining(part));
                    part = Objects.requireNonNull(reader.next());
                }
                parts.add(text(part));
                part = reader.next();
            }
            if (parts.size() == passed && reader(reader.remaining(null)).next() != null) {
                throw new AssertionError("the rest of a form that has ended has a part");
            }
            return new Read(parts, false);
        } catch (CarillonException e) {
            if (e.code() != ErrorCode.INVALID_REQUEST) {
                throw new AssertionError(e);
            }
            return new Read(parts, true);
        }
    }

    private static MultipartReader reader(InputStream body) {
        return new MultipartReader(body, "multipart/form-data; boundary=" + BOUNDARY);
    }

    private static String text(MultipartReader.Part part) throws IOException {
        return part.name() + "|" + part.fileName() + "|" + part.mediaType() + "|"
                + Arrays.hashCode(part.content().readAllBytes());
    }

    /** Gives some bytes at a time. */
    private static final class Slow extends InputStream {
        private final InputStream in;
        private final int step;

        Slow(byte[] bytes, int step) {
            this.in = new ByteArrayInputStream(bytes);
            this.step = step;
        }

        @Override
        public int read() {
            try {
                return in.read();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return in.read(into, offset, Math.min(length, step));
        }
    }
}
