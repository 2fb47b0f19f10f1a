package dev.carillon.page.file;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.Request;
import dev.carillon.extension.Response;
import dev.carillon.page.Links;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The static files of an application, and its URLs. Thread-safe; reads files. */
public final class StaticFiles implements Links {
    /** Browsers ask each time whether the file has changed. */
    private static final String REVALIDATE = "no-cache";

    private static final String IMMUTABLE = "public, max-age=31536000, immutable";

    private final String base;
    private final List<CacheRule> rules;
    private final Map<String, FileCache> places = new LinkedHashMap<>();

    /**
     * Files at some places.
     *
     * @param base prefix of all URLs of the application
     * @param places by the path below which their files are
     * @param rules the first that matches counts
     */
    public StaticFiles(String base, Map<String, FileSource> places, List<CacheRule> rules) {
        this.base = base;
        this.rules = List.copyOf(rules);
        places.forEach((path, source) -> this.places.put(path, new FileCache(source)));
    }

    /** A file among those of a place, by the path of a request. */
    private record Found(LoadedFile file, FileName name) {}

    /**
     * Answers a request for a file.
     *
     * @param place path of the place
     * @param path of the file, without the base path
     */
    public Response answer(Request request, String place, String path) {
        Found found = find(place, path);
        if (found == null) {
            throw new CarillonException(ErrorCode.NOT_FOUND, "there is no such file");
        }
        String hash = found.name().hash();
        if (hash == null) {
            return new FileAnswer(found.file(), cacheControl(path)).to(request);
        }
        // During an upgrade another node may still have the file of another hash, which must not be stored under this
        // name.
        boolean named = found.file().hash().equals(hash);
        return new FileAnswer(found.file(), named ? IMMUTABLE : "no-store").to(request);
    }

    private String cacheControl(String path) {
        return rules.stream()
                .filter(rule -> rule.matches(path))
                .map(CacheRule::cacheControl)
                .findFirst()
                .orElse(REVALIDATE);
    }

    private @Nullable Found find(String place, String path) {
        FileCache files = places.get(place);
        String text = path.length() > place.length() ? path.substring(place.length() + 1) : "";
        FileName name = FileName.parse(text);
        if (files == null || name == null) {
            return null;
        }
        try {
            LoadedFile file = files.file(name.name());
            if (file != null) {
                return new Found(file, name);
            }
            // A name that only looks as if it had a hash.
            LoadedFile literal = name.hash() == null ? null : files.file(text);
            return literal == null ? null : new Found(literal, new FileName(text, null));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String url(String path) {
        if (!path.startsWith("/") || path.startsWith("//")) {
            throw new IllegalArgumentException("path " + path + ": must begin with one /");
        }
        return base + path;
    }

    @Override
    public String asset(String path) {
        Found found = places.keySet().stream()
                .filter(place -> path.startsWith(place + "/"))
                .max(Comparator.comparingInt(String::length))
                .map(place -> find(place, path))
                .orElse(null);
        if (found == null) {
            throw new IllegalArgumentException("there is no static file " + path);
        }
        return url(FileName.hashed(path, found.file().hash()));
    }
}
