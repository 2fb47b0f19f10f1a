package dev.carillon.cli;

import dev.carillon.testkit.Chromium;
import java.util.List;

/** Chromium's own {@code EventSource}. One thread only. */
final class ChromiumClient implements TrialClient {
    static final String TITLE = "Chromium EventSource";

    private final BrowserClient browser;
    private final Chromium chromium;

    ChromiumClient(Chromium chromium, ClientSite site, String url) {
        this.chromium = chromium;
        this.browser = new BrowserClient(chromium, BrowserClient.Kind.OWN, site, url, null);
    }

    @Override
    public List<Received> received() {
        return browser.received().stream()
                .map(update -> new Received(update.id(), update.data()))
                .toList();
    }

    @Override
    public String state() {
        return browser.opens() + " streams";
    }

    @Override
    public boolean gaveUp() {
        return browser.gaveUp();
    }

    @Override
    public void close() {
        chromium.closePages();
    }
}
