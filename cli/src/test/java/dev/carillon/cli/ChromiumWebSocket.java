package dev.carillon.cli;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.Cookie;
import dev.carillon.testkit.Chromium;
import java.util.List;
import java.util.Map;

/** Chromium's own {@code WebSocket}, in a page of another origin. One thread only. */
final class ChromiumWebSocket implements WebSocketClient {
    private static final String SCRIPT = """
            window.lines = [];
            window.follow = ({url, protocols}) => {
              const say = (...fields) => lines.push(fields.join('\\t'));
              const socket = (window.socket = new WebSocket(url, protocols));
              socket.onopen = () => say('open', socket.protocol, socket.extensions);
              socket.onmessage = message => say('message', message.data);
              socket.onclose = close => say('closed', close.code, close.reason);
            };
            """;

    private final Page page;

    ChromiumWebSocket(Chromium chromium, ClientSite site) {
        page = chromium.page(300, 200);
        page.navigate(site.url());
        page.evaluate("script => { window.eval(script); }", SCRIPT);
    }

    @Override
    public void connect(Opening opening) {
        BrowserContext context = page.context();
        context.clearCookies();
        opening.cookies()
                .forEach((name, value) -> context.addCookies(
                        List.of(new Cookie(name, value).setDomain("127.0.0.1").setPath("/"))));
        page.evaluate("how => follow(how)", Map.of("url", opening.url(), "protocols", opening.protocols()));
    }

    @Override
    public void send(String text) {
        page.evaluate("text => socket.send(text)", text);
    }

    /** Its pages cannot. */
    @Override
    public void ping() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void leave() {
        page.evaluate("() => socket.close(1000)");
    }

    @Override
    public List<Report> reports() {
        return ((List<?>) page.evaluate("lines"))
                .stream().map(line -> Report.of(String.valueOf(line))).toList();
    }

    @Override
    public String complaints() {
        return "";
    }

    @Override
    public void close() {
        page.context().close();
    }
}
