package dev.carillon.page.request;

import dev.carillon.extension.BrowserSession;
import dev.carillon.extension.Cookie;
import dev.carillon.page.RequestAttribute;
import dev.carillon.page.UploadedFile;
import dev.carillon.page.signal.Rendering;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What middleware, the page and its action keep and set while a request is answered. It is bound to the thread of each of them, never to that of a
 * rendering, as views are also rendered for other requests. Unusable once the request is answered. Thread-safe: an action beyond its time limit may still
 * run.
 */
public final class RequestState {
    private static final ScopedValue<RequestState> CURRENT = ScopedValue.newInstance();
    /** URL-encoded, as an action takes them to another node. */
    private static final int MAX_ATTRIBUTE_BYTES = 2 * 1024;

    private static final int MAX_ATTRIBUTES = 50;
    private static final int MAX_COOKIES = 10;

    private final Map<String, String> attributes;
    private final List<Cookie> cookies = new ArrayList<>();
    private Map<String, List<UploadedFile>> files = Map.of();
    private @Nullable String redirect;
    private @Nullable BrowserSession session;
    private boolean ended;

    /** @param attributes by name, as text */
    public RequestState(Map<String, String> attributes) {
        this.attributes = new HashMap<>(attributes);
    }

    /** Runs code of this request on this thread. */
    public <R, X extends Throwable> R call(ScopedValue.CallableOp<R, X> code) throws X {
        return ScopedValue.where(CURRENT, this).call(code);
    }

    /** @see #call */
    public void run(Runnable code) {
        ScopedValue.where(CURRENT, this).run(code);
    }

    /**
     * The state of the request that this thread answers.
     *
     * @param use for the message
     * @throws IllegalStateException when there is none, in views, and after the request
     */
    public static RequestState current(String use) {
        if (Rendering.isActive()) {
            throw new IllegalStateException(use + " in a view: views are rendered for many requests");
        }
        if (!CURRENT.isBound()) {
            throw new IllegalStateException(
                    use + " outside of a request: only in the declaration of a page and in actions");
        }
        RequestState state = CURRENT.get();
        state.requireOpen();
        return state;
    }

    /** Null: this thread answers no request. */
    public static @Nullable RequestState currentOrNull() {
        return CURRENT.isBound() ? CURRENT.get() : null;
    }

    private synchronized void requireOpen() {
        if (ended) {
            throw new IllegalStateException("the request has been answered");
        }
    }

    /** From here on nothing can be read or set. */
    public synchronized void end() {
        ended = true;
        attributes.clear();
        cookies.clear();
        files = Map.of();
        session = null;
    }

    public synchronized <T> void set(RequestAttribute<T> attribute, T value) {
        requireOpen();
        String text = attribute.type().write(value);
        Map<String, String> next = new HashMap<>(attributes);
        next.put(attribute.name(), text);
        int bytes = next.entrySet().stream()
                .mapToInt(entry -> encodedBytes(entry.getKey()) + encodedBytes(entry.getValue()))
                .sum();
        if (bytes > MAX_ATTRIBUTE_BYTES || next.size() > MAX_ATTRIBUTES) {
            throw new IllegalArgumentException("attribute " + attribute.name() + ": a request has at most "
                    + MAX_ATTRIBUTES + " attributes, and all together " + MAX_ATTRIBUTE_BYTES + " bytes URL-encoded");
        }
        attributes.put(attribute.name(), text);
    }

    private static int encodedBytes(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).length();
    }

    public synchronized <T> Optional<T> attribute(RequestAttribute<T> attribute) {
        requireOpen();
        return Optional.ofNullable(attributes.get(attribute.name()))
                .map(text -> attribute.type().read(text));
    }

    /** As text, by name. */
    public synchronized Map<String, String> attributes() {
        return Map.copyOf(attributes);
    }

    public synchronized void add(Cookie cookie) {
        requireOpen();
        cookies.removeIf(before -> before.name().equals(cookie.name()));
        if (cookies.size() >= MAX_COOKIES) {
            throw new IllegalArgumentException("an answer sets at most " + MAX_COOKIES + " cookies");
        }
        cookies.add(cookie);
    }

    public synchronized List<Cookie> cookies() {
        return List.copyOf(cookies);
    }

    /** @param url as the browser sees it */
    public synchronized void redirect(String url) {
        requireOpen();
        redirect = url;
    }

    /** Null: none. */
    public synchronized @Nullable String redirect() {
        return redirect;
    }

    /** @param next null: the browser keeps its own */
    public synchronized void session(@Nullable BrowserSession next) {
        requireOpen();
        session = next;
    }

    /** The session that the browser gets with the answer; null: it keeps its own. */
    public synchronized @Nullable BrowserSession session() {
        return session;
    }

    public synchronized void files(Map<String, List<UploadedFile>> received) {
        files = Map.copyOf(received);
    }

    /** The files of a field. */
    public synchronized List<UploadedFile> files(String field) {
        requireOpen();
        return List.copyOf(files.getOrDefault(field, List.of()));
    }
}
