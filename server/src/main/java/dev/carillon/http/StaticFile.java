package dev.carillon.http;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.ETag;
import io.undertow.util.ETagUtils;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A file of the class path, held in memory. Browsers revalidate it by its entity tag on each use; a shared file is cached for a year if its
 * address has the tag.
 */
public final class StaticFile implements HttpHandler {
    private static final HttpString CONTENT_SECURITY_POLICY = new HttpString("Content-Security-Policy");
    private static final HttpString LINK = new HttpString("Link");
    private static final HttpString ALLOW_ORIGIN = new HttpString("Access-Control-Allow-Origin");
    /** The parameter that has the entity tag of the file that a page expects. */
    private static final String VERSION = "v";
    /** Allows resources of the same site only, nothing inline, and no framing. */
    private static final String OWN_SITE_ONLY = "default-src 'none'; script-src 'self'; style-src 'self'; "
            + "img-src 'self' data:; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
            + "frame-ancestors 'none'";

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "json", "application/json",
            "yaml", "application/yaml",
            "webmanifest", "application/manifest+json",
            "svg", "image/svg+xml",
            "png", "image/png");

    private static final String[] LINKING = {"href", "src", "action"};
    private static final int TAG_BYTES = 12;

    private final String type;
    private final ETag tag;
    private final ByteBuffer bytes;
    private final @Nullable String link;
    private final boolean shared;

    private StaticFile(String type, ETag tag, ByteBuffer bytes, @Nullable String link, boolean shared) {
        this.type = type;
        this.tag = tag;
        this.bytes = bytes;
        this.link = link;
        this.shared = shared;
    }

    /** @throws IllegalArgumentException when the file does not exist or its extension is unknown */
    public static StaticFile of(Class<?> near, String file) {
        String type = TYPES.get(file.substring(file.lastIndexOf('.') + 1));
        if (type == null) {
            throw new IllegalArgumentException("unknown extension: " + file);
        }
        try (InputStream in = near.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalArgumentException("there is no file " + file + " in the package of " + near.getName()
                        + (near.getModule().isNamed()
                                ? "; a module must open the package of its files (opens " + near.getPackageName() + ")"
                                : ""));
            }
            byte[] bytes = in.readAllBytes();
            return of(type, bytes, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static StaticFile of(String type, byte[] bytes, @Nullable String link) {
        return new StaticFile(
                type,
                new ETag(false, digest(bytes)),
                ByteBuffer.allocateDirect(bytes.length).put(bytes).flip(),
                link,
                false);
    }

    /** Returns this file of UTF-8 text with a part replaced. */
    public StaticFile with(String part, String replacement) {
        String text = StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
        return of(type, text.replace(part, replacement).getBytes(StandardCharsets.UTF_8), link);
    }

    /** Returns this file of UTF-8 text with the first match replaced. */
    public StaticFile with(Pattern part, String replacement) {
        String text = StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
        return of(
                type,
                part.matcher(text)
                        .replaceFirst(Matcher.quoteReplacement(replacement))
                        .getBytes(StandardCharsets.UTF_8),
                link);
    }

    /** Returns this page with a base path before the paths of its links, scripts, images and forms; another file as it is. */
    public StaticFile under(String base) {
        StaticFile page = this;
        for (String attribute : base.isEmpty() || !type.startsWith("text/html") ? new String[0] : LINKING) {
            page = page.with(" " + attribute + "=\"/", " " + attribute + "=\"" + base + "/");
        }
        return page;
    }

    /** Returns this file with a header {@code Link} (RFC 8288); null: without. */
    public StaticFile linking(@Nullable String to) {
        return new StaticFile(type, tag, bytes, to, shared);
    }

    /**
     * Returns this file for pages of every origin. A request with {@code v=TAG} may be cached for a year: another content has another tag, and so
     * another address. A node that has another content, as during an upgrade, answers with its own, which must be revalidated.
     */
    public StaticFile shared() {
        return new StaticFile(type, tag, bytes, link, true);
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        exchange.getResponseHeaders()
                .put(Headers.ETAG, tag.toString())
                .put(Headers.CACHE_CONTROL, isVersioned(exchange) ? "public, max-age=31536000, immutable" : "no-cache")
                .put(CONTENT_SECURITY_POLICY, OWN_SITE_ONLY);
        if (link != null) {
            exchange.getResponseHeaders().put(LINK, link);
        }
        if (shared) {
            exchange.getResponseHeaders().put(ALLOW_ORIGIN, "*");
        }
        if (!ETagUtils.handleIfNoneMatch(exchange, tag, true)) {
            exchange.setStatusCode(StatusCodes.NOT_MODIFIED);
            exchange.endExchange();
            return;
        }
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, type);
        exchange.getResponseSender().send(bytes.duplicate());
    }

    private boolean isVersioned(HttpServerExchange exchange) {
        return shared
                && Requests.parameter(exchange, VERSION)
                        .filter(tag.getTag()::equals)
                        .isPresent();
    }

    private static String digest(byte[] bytes) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
            return HexFormat.of().formatHex(Arrays.copyOf(hash, TAG_BYTES));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
