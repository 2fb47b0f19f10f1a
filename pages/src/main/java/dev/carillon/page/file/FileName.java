package dev.carillon.page.file;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The name of a file in a URL.
 *
 * @param name without the hash
 * @param hash of the content that the URL is for; null: of the current one
 */
record FileName(String name, @Nullable String hash) {
    static final int HASH_CHARS = 16;

    private static final Pattern HASHED = Pattern.compile("(.*)\\.([0-9a-f]{16})(\\.[^./]+)");
    /** Of names that begin with a dot none are served: they are settings and histories. */
    private static final Pattern SAFE =
            Pattern.compile("(?!\\.)[^/\\\\\\p{Cc}]{1,200}(/(?!\\.)[^/\\\\\\p{Cc}]{1,200}){0,15}");

    private static final Map<String, String> TYPES = Map.ofEntries(
            Map.entry("html", "text/html; charset=utf-8"),
            Map.entry("css", "text/css; charset=utf-8"),
            Map.entry("js", "text/javascript; charset=utf-8"),
            Map.entry("mjs", "text/javascript; charset=utf-8"),
            Map.entry("json", "application/json"),
            Map.entry("map", "application/json"),
            Map.entry("txt", "text/plain; charset=utf-8"),
            Map.entry("xml", "application/xml"),
            Map.entry("webmanifest", "application/manifest+json"),
            Map.entry("svg", "image/svg+xml"),
            Map.entry("png", "image/png"),
            Map.entry("jpg", "image/jpeg"),
            Map.entry("jpeg", "image/jpeg"),
            Map.entry("gif", "image/gif"),
            Map.entry("webp", "image/webp"),
            Map.entry("avif", "image/avif"),
            Map.entry("ico", "image/x-icon"),
            Map.entry("woff2", "font/woff2"),
            Map.entry("woff", "font/woff"),
            Map.entry("pdf", "application/pdf"),
            Map.entry("wasm", "application/wasm"),
            Map.entry("mp3", "audio/mpeg"),
            Map.entry("mp4", "video/mp4"),
            Map.entry("webm", "video/webm"));

    /** Null: no file has this name. */
    static @Nullable FileName parse(String text) {
        if (!SAFE.matcher(text).matches()) {
            return null;
        }
        Matcher hashed = HASHED.matcher(text);
        return hashed.matches()
                ? new FileName(hashed.group(1) + hashed.group(3), hashed.group(2))
                : new FileName(text, null);
    }

    /** The name with a hash; a name without an extension has none. */
    static String hashed(String name, String hash) {
        int dot = name.lastIndexOf('.');
        return dot <= name.lastIndexOf('/') ? name : name.substring(0, dot) + "." + hash + name.substring(dot);
    }

    static String mediaType(String name) {
        return TYPES.getOrDefault(name.substring(name.lastIndexOf('.') + 1), "application/octet-stream");
    }

    /** Whether compression makes files of a type smaller. */
    static boolean isCompressible(String mediaType) {
        return mediaType.startsWith("text/")
                || mediaType.contains("json")
                || mediaType.contains("xml")
                || mediaType.contains("wasm");
    }
}
