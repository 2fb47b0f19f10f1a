package dev.carillon.page.http;

import dev.carillon.extension.Request;
import dev.carillon.extension.Response;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;

/** The script of Turbo, from its WebJar. Its path has the version, so browsers never ask again. */
final class TurboScript {
    static final String VERSION = "8.0.21";

    private static final String RESOURCE =
            "META-INF/resources/webjars/hotwired__turbo/" + VERSION + "/dist/turbo.es2017-esm.js";
    private static final String TYPE = "text/javascript; charset=utf-8";

    /** Read and compressed on first use, once for all nodes of the process. */
    private static final class Loaded {
        static final TurboScript SCRIPT = new TurboScript();
    }

    private final byte[] plain;
    private final byte[] compressed;

    static TurboScript script() {
        return Loaded.SCRIPT;
    }

    private TurboScript() {
        try (InputStream in = TurboScript.class.getClassLoader().getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("the WebJar of Turbo " + VERSION + " is not on the class path");
            }
            plain = in.readAllBytes();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write(plain);
            }
            compressed = out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Response answer(Request request) {
        boolean gzip = request.header("Accept-Encoding").orElse("").contains("gzip");
        Response response = Response.of(200, TYPE, gzip ? compressed : plain)
                .header("Cache-Control", "public, max-age=31536000, immutable")
                .header("Vary", "Accept-Encoding");
        return gzip ? response.header("Content-Encoding", "gzip") : response;
    }
}
