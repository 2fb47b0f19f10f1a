package dev.carillon.page.http;

import dev.carillon.extension.BrowserSession;
import dev.carillon.extension.Cookie;
import dev.carillon.page.request.RequestState;
import dev.carillon.patch.Patch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an action that has ended gives to the browser, also from another node.
 *
 * @param path of the page
 * @param redirect null: the page stays
 * @param session null: the browser keeps its session
 * @param signals inputs that the action has given other values than the browser sent, for a script that keeps them; null: none
 */
record ActionOutcome(
        String path,
        @Nullable String redirect,
        List<Cookie> cookies,
        @Nullable BrowserSession session,
        Patch.@Nullable Signals signals) {
    private static final String PATH = "path";
    private static final String REDIRECT = "redirect";
    private static final String HANDLE = "session";
    private static final String SET_COOKIE = "set-cookie";
    private static final String SIGNALS = "signals";
    private static final String LITERALS = "literals";
    /** With the other fields they fit into the answer to a call; larger ones are on the stream. */
    private static final int MAX_SIGNALS_CHARS = 16 * 1024;

    static ActionOutcome of(String path, RequestState state) {
        return new ActionOutcome(path, state.redirect(), state.cookies(), state.session(), null);
    }

    /** Of an action that has ended before, with an answer that is not known any more. */
    static ActionOutcome ended(String path) {
        return new ActionOutcome(path, null, List.of(), null, null);
    }

    ActionOutcome with(Patch.@Nullable Signals next) {
        return new ActionOutcome(path, redirect, cookies, session, next);
    }

    String write() {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put(PATH, path);
        if (redirect != null) {
            fields.put(REDIRECT, redirect);
        }
        if (session != null) {
            fields.put(HANDLE, session.handle());
            fields.put(SET_COOKIE, session.setCookie());
        }
        if (signals != null) {
            String texts = FormBody.write(signals.texts());
            if (texts.length() <= MAX_SIGNALS_CHARS) {
                fields.put(SIGNALS, texts);
                fields.put(LITERALS, String.join(" ", signals.literals()));
            }
        }
        for (int i = 0; i < cookies.size(); i++) {
            Cookie cookie = cookies.get(i);
            Duration age = cookie.maxAge();
            fields.put("name" + i, cookie.name());
            fields.put("value" + i, cookie.value());
            fields.put("age" + i, age == null ? "" : Long.toString(age.toSeconds()));
            fields.put("scripts" + i, Boolean.toString(cookie.scripts()));
            fields.put("site" + i, cookie.sameSite());
        }
        return FormBody.write(fields);
    }

    static ActionOutcome read(String text) {
        Map<String, String> fields = FormBody.readTrusted(text);
        String handle = fields.get(HANDLE);
        String setCookie = fields.get(SET_COOKIE);
        List<Cookie> cookies = new ArrayList<>();
        for (int i = 0; fields.containsKey("name" + i); i++) {
            String age = field(fields, "age" + i);
            cookies.add(new Cookie(
                    field(fields, "name" + i),
                    field(fields, "value" + i),
                    age.isEmpty() ? null : Duration.ofSeconds(Long.parseLong(age)),
                    Boolean.parseBoolean(field(fields, "scripts" + i)),
                    // Lax and Strict; another value of a later release is one that this release cannot set.
                    field(fields, "site" + i).equals("Strict") ? "Strict" : "Lax"));
        }
        return new ActionOutcome(
                field(fields, PATH),
                fields.get(REDIRECT),
                cookies,
                handle == null || setCookie == null ? null : new BrowserSession(handle, setCookie),
                signals(fields));
    }

    private static Patch.@Nullable Signals signals(Map<String, String> fields) {
        String texts = fields.get(SIGNALS);
        return texts == null
                ? null
                : new Patch.Signals(
                        FormBody.readTrusted(texts),
                        Set.of(field(fields, LITERALS).split(" ", -1)));
    }

    private static String field(Map<String, String> fields, String name) {
        return fields.getOrDefault(name, "");
    }
}
