package dev.carillon.testkit;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A headless browser: the program that {@code CHROMIUM} names, or that of the Debian package. All of a JVM are for the same thread, that of the
 * tests. They share one process, because each start takes seconds of processor time, and nothing else; it ends with the JVM. The module adds
 * Playwright to its test dependencies.
 */
public final class Chromium implements AutoCloseable {
    private static @Nullable Browser process;

    private final Browser browser;
    private final List<BrowserContext> contexts = new ArrayList<>();
    private final List<String> consoleErrors = new ArrayList<>();

    public Chromium() {
        browser = process();
    }

    private static synchronized Browser process() {
        Browser running = process;
        if (running == null || !running.isConnected()) {
            running = launch();
            process = running;
        }
        return running;
    }

    private static Browser launch() {
        Path program = Path.of(Objects.requireNonNullElse(System.getenv("CHROMIUM"), "/usr/bin/chromium"));
        if (!Files.isExecutable(program)) {
            throw new AssertionError("no browser at " + program
                    + ": install the package chromium, set CHROMIUM to the program, or run ./carillon test");
        }
        Map<String, String> variables = new HashMap<>(System.getenv());
        variables.put("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        PlaywrightAssertions.setDefaultAssertionTimeout(Patience.LIMIT_MILLIS);
        return Playwright.create(new Playwright.CreateOptions().setEnv(variables))
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(program)
                        .setArgs(List.of(
                                "--no-sandbox",
                                "--disable-gpu",
                                "--disable-quic",
                                "--no-first-run",
                                "--disable-background-networking",
                                "--disable-component-update",
                                "--disable-sync")));
    }

    /** A page with cookies and storage of its own. */
    public Page page(int width, int height) {
        return page(new Browser.NewContextOptions().setViewportSize(width, height));
    }

    public Page page(Browser.NewContextOptions options) {
        BrowserContext context = browser.newContext(options);
        contexts.add(context);
        Page page = context.newPage();
        page.setDefaultTimeout(Patience.LIMIT_MILLIS);
        page.onConsoleMessage(message -> {
            if (message.type().equals("error") || message.type().equals("warning")) {
                consoleErrors.add(page.url() + ": " + message.text());
            }
        });
        page.onPageError(error -> consoleErrors.add(page.url() + ": " + error));
        return page;
    }

    /** Errors and warnings in the consoles of all pages since the last call, such as violations of a content security policy. */
    public List<String> consoleErrors() {
        List<String> all = List.copyOf(consoleErrors);
        consoleErrors.clear();
        return all;
    }

    public void closePages() {
        contexts.forEach(BrowserContext::close);
        contexts.clear();
    }

    @Override
    public void close() {
        closePages();
    }
}
