package dev.carillon.page.http;

import dev.carillon.extension.Request;
import dev.carillon.extension.Response;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;

/** A script whose path changes with its content, so browsers never ask again. Immutable. */
final class ScriptFile {
    private static final String TYPE = "text/javascript; charset=utf-8";

    private final byte[] plain;
    private final byte[] compressed;

    ScriptFile(byte[] bytes) {
        plain = bytes;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        compressed = out.toByteArray();
    }

    Response answer(Request request) {
        boolean gzip = request.header("Accept-Encoding").orElse("").contains("gzip");
        Response response = Response.of(200, TYPE, gzip ? compressed : plain)
                .header("Cache-Control", "public, max-age=31536000, immutable")
                .header("Vary", "Accept-Encoding");
        return gzip ? response.header("Content-Encoding", "gzip") : response;
    }
}
