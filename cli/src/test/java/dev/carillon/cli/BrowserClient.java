package dev.carillon.cli;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.Cookie;
import com.microsoft.playwright.options.SameSiteAttribute;
import dev.carillon.testkit.Chromium;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A page of another origin that subscribes: with Chromium's own {@code EventSource}, or with the polyfill. One thread only. */
final class BrowserClient implements HubClient {
    enum Kind {
        /** Its token is in the cookie: it can send no header. */
        OWN,
        /** Its token is in a header: what it is used for. */
        POLYFILL
    }

    private final Page page;

    /** @param site where the page comes from */
    BrowserClient(Chromium chromium, Kind kind, ClientSite site, String url, @Nullable String token) {
        page = chromium.page(300, 200);
        BrowserContext context = page.context();
        if (kind == Kind.OWN && token != null) {
            context.addCookies(List.of(new Cookie("mercureAuthorization", token)
                    .setDomain("127.0.0.1")
                    .setPath("/.well-known/mercure")
                    .setHttpOnly(true)
                    .setSameSite(SameSiteAttribute.STRICT)));
        }
        page.navigate(site.url());
        page.evaluate(
                "subscribe",
                Map.of(
                        "url",
                        url,
                        "polyfill",
                        kind == Kind.POLYFILL,
                        "types",
                        TYPES,
                        "headers",
                        kind == Kind.POLYFILL && token != null
                                ? Map.of("Authorization", "Bearer " + token)
                                : Map.of()));
    }

    @Override
    public List<Update> received() {
        return ((List<?>) page.evaluate("received"))
                .stream()
                        .map(update -> (Map<?, ?>) update)
                        .map(update -> new Update(
                                String.valueOf(update.get("id")),
                                String.valueOf(update.get("type")),
                                String.valueOf(update.get("data"))))
                        .toList();
    }

    @Override
    public int opens() {
        return ((Number) page.evaluate("opens")).intValue();
    }

    @Override
    public boolean gaveUp() {
        return (Boolean) page.evaluate("gaveUp");
    }
}
