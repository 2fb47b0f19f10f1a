package dev.carillon.junit.pages;

import dev.carillon.page.Action;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jspecify.annotations.Nullable;

/**
 * A tab with a live page. Requests and patches are those of a browser with the script of the page: cookies, the header {@code Origin}, ids of actions, one
 * stream. Made by {@link TestBrowser#open}. Used by one thread.
 */
public final class TestTab implements AutoCloseable {
    private static final Duration OPEN_WITHIN = Duration.ofSeconds(30);
    /** In the message of a failed assertion. */
    private static final int NAMED_PATCHES = 5;

    private static final int NAMED_CHARS = 300;

    private final TestBrowser browser;
    private final TabNavigation navigation;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // The rest is guarded by the lock.
    private final List<TabPatch> patches = new ArrayList<>();
    private final Map<String, List<TabForm.File>> files = new LinkedHashMap<>();
    private TabDocument document = new TabDocument("");
    private @Nullable TabStream stream;
    private int node;
    private int opened;
    private String location = "";

    TestTab(TestBrowser browser, int node) {
        this.browser = browser;
        this.navigation = new TabNavigation(browser);
        this.node = node;
    }

    /** Opens a page in this tab, as a link does, and waits for its stream. */
    public void load(String path) {
        arrive(navigation.load(node, path));
        awaitStream();
    }

    /** Loads the page again. */
    public void reload() {
        load(location);
    }

    /** Path and query of the page; after a redirect to another site its URL. */
    public String location() {
        return read(_ -> location);
    }

    /** The title of the document. */
    public String title() {
        return read(Document::title);
    }

    /** The document as it is now, with all patches, as HTML. */
    public String html() {
        return read(Document::outerHtml);
    }

    /** A view; one of a component is {@code component.view}. */
    public TestElement view(String name) {
        return new TestElement(this, "view " + name, document -> document.getElementById(name));
    }

    /** The input of a signal or upload. */
    public TestElement field(String name) {
        return new TestElement(
                this,
                "field " + name,
                document -> TabForm.inputs(document).stream()
                        .filter(input -> TabForm.name(input).equals(name))
                        .findFirst()
                        .orElse(null));
    }

    /** The first element that matches a CSS selector. */
    public TestElement find(String css) {
        return new TestElement(this, css, document -> document.selectFirst(css));
    }

    /** What the user was told: why the last action was refused. */
    public TestElement message() {
        return find("#carillon-message");
    }

    /**
     * Types into a field, chooses an option or a radio button; {@code true} checks a box.
     *
     * @throws AssertionError when the page has no such field
     */
    public TestTab fill(String field, String value) {
        return change(document -> {
            List<Element> inputs = TabForm.inputs(document).stream()
                    .filter(input -> TabForm.name(input).equals(field))
                    .toList();
            if (inputs.isEmpty()) {
                throw new AssertionError("field " + field + ": the page has none of this name, but "
                        + TabForm.inputs(document).stream()
                                .map(TabForm::name)
                                .distinct()
                                .toList());
            }
            inputs.forEach(input -> TabForm.fill(input, value));
        });
    }

    /**
     * Chooses a file in the input of an upload; a second one is added.
     *
     * @param type as the browser says, such as {@code image/png}
     */
    public TestTab choose(String field, String name, String type, byte[] content) {
        return change(document -> {
            if (document.selectFirst("input[type=file][name=\"" + field + "\"]") == null) {
                throw new AssertionError("field " + field + ": the page has no input for files of this name");
            }
            files.computeIfAbsent(field, _ -> new ArrayList<>()).add(new TabForm.File(name, type, content));
        });
    }

    /**
     * As {@link #fill}, and runs the action of the input, as {@link Action#onInput} does in a browser, but at once.
     *
     * @throws AssertionError when the page has no such field, or it has no action
     */
    public TestTab type(String field, String value) {
        fill(field, value);
        send(script((document, script) -> {
            String url = TabForm.inputs(document).stream()
                    .filter(input -> TabForm.name(input).equals(field))
                    .map(script::typedUrl)
                    .filter(typed -> !typed.isEmpty())
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("field " + field + ": has no action; see Action.onInput"));
            return script.sent(url, null, Map.of());
        }));
        return this;
    }

    /**
     * Presses a button, and waits until its action has ended. Its patches may come later; assertions wait for them.
     *
     * @param label its text or {@code aria-label}
     * @throws AssertionError when there is not exactly one button of this label that is enabled
     */
    public TestTab click(String label) {
        return press(
                "button \"" + label + "\"",
                button ->
                        button.text().equals(label) || button.attr("aria-label").equals(label));
    }

    /**
     * As {@link #click}, for the only button of an action.
     *
     * @param action its name; one of a component is {@code component.action}
     */
    public TestTab act(String action) {
        return press(
                "action " + action,
                button -> read(_ -> document.script().url(button)).endsWith("/" + action));
    }

    /** As {@link #click}, for a button that matches a CSS selector. */
    public TestTab press(String css) {
        return press(css, button -> button.is(css));
    }

    private TestTab press(String name, Predicate<Element> which) {
        send(script((document, script) -> {
            List<Element> buttons = script.buttons().stream()
                    .filter(button -> !button.hasAttr("disabled"))
                    .toList();
            List<Element> found = buttons.stream().filter(which).toList();
            if (found.size() != 1) {
                throw new AssertionError(name + ": must be one button that is enabled, not " + found.size()
                        + "; the page has "
                        + buttons.stream()
                                .map(button -> "\"" + label(button) + "\"")
                                .collect(Collectors.joining(", ")));
            }
            return script.sent(script.url(found.getFirst()), found.getFirst(), files);
        }));
        return this;
    }

    private static String label(Element button) {
        return button.hasAttr("aria-label") ? button.attr("aria-label") : button.text();
    }

    private void send(TabScript.Sent sent) {
        TabScript script = script((_, known) -> known);
        HttpResponse<String> answer = browser.send(browser.request(node, sent.url())
                .header("Accept", script.accept())
                .header("Origin", Objects.toString(browser.origin(node)))
                .header("Content-Type", sent.contentType())
                .POST(sent.body()));
        String type = answer.headers().firstValue("Content-Type").orElse("");
        boolean loaded = true;
        if (type.startsWith(script.mediaType())) {
            loaded = received(script.answer(answer.body()));
        } else {
            arrive(navigation.follow(node, sent.url(), answer));
        }
        if (loaded && location().startsWith("/")) {
            awaitStream();
        }
    }

    private void arrive(TabNavigation.Arrival arrival) {
        TabDocument loaded = arrival.document();
        if (loaded == null) {
            closeStream();
            change(_ -> location = arrival.location());
        } else {
            show(loaded, arrival.location());
        }
    }

    private void show(TabDocument loaded, String at) {
        closeStream();
        lock.lock();
        try {
            document = loaded;
            location = at;
            patches.clear();
            files.clear();
        } finally {
            lock.unlock();
        }
        openStream();
    }

    private void openStream() {
        lock.lock();
        try {
            opened = 0;
            TabDocument shown = document;
            TabScript script = shown.script();
            stream = new TabStream(browser, node, script.stream(), () -> change(_ -> opened++), (type, data) -> {
                if (read(_ -> document == shown)) {
                    boolean _ = received(script.event(type, data));
                }
            });
        } finally {
            lock.unlock();
        }
    }

    private void closeStream() {
        lock.lock();
        try {
            if (stream != null) {
                stream.close();
            }
            stream = null;
        } finally {
            lock.unlock();
        }
    }

    /** @return whether a page has been loaded, perhaps of another site */
    private boolean received(List<TabPatch> all) {
        change(_ -> all.forEach(patch -> {
            patches.add(patch);
            document.apply(patch);
        }));
        for (TabPatch patch : all) {
            switch (patch.action()) {
                case TabPatch.VISIT -> {
                    arrive(navigation.load(node, patch.target()));
                    return true;
                }
                case "refresh" -> {
                    arrive(navigation.load(node, location()));
                    return true;
                }
                default -> {
                    // Applied to the document.
                }
            }
        }
        return false;
    }

    private void awaitStream() {
        await(
                OPEN_WITHIN,
                _ -> opened > 0,
                _ -> location + ": the stream was not opened within " + OPEN_WITHIN.toSeconds() + " s");
    }

    /** Closes the stream, as a browser without a network; the page stays as it is. */
    public TestTab disconnect() {
        closeStream();
        return this;
    }

    /** Opens the stream again, also at another node, to which the actions go from now on, too. */
    public TestTab connect(int toNode) {
        closeStream();
        change(_ -> node = toNode);
        openStream();
        awaitStream();
        return this;
    }

    /** What nodes have sent to this page: in the stream, and as answers to actions. */
    public List<TabPatch> patches() {
        return read(_ -> List.copyOf(patches));
    }

    /** The patches of the stream so far are forgotten, as before a step of which a test counts the patches. */
    public TestTab clearPatches() {
        return change(_ -> patches.clear());
    }

    /**
     * Waits until a condition holds, which is tried at each change of the tab, for 15 s.
     *
     * @param expected for the message of the failure
     */
    public TestTab await(String expected, BooleanSupplier condition) {
        await(
                TestElement.WITHIN,
                _ -> condition.getAsBoolean(),
                _ -> "expected within " + TestElement.WITHIN.toMillis() + " ms: " + expected);
        return this;
    }

    /**
     * Waits until the page has run a script, for 15 s.
     *
     * @param call name and arguments as a JSON array, such as {@code confetti [100]}
     */
    public TestTab awaitScript(String call) {
        await(
                TestElement.WITHIN,
                _ -> patches.stream()
                        .anyMatch(patch -> isScript(patch) && call(patch).equals(call)),
                _ -> "script " + call + ": was not run within " + TestElement.WITHIN.toMillis() + " ms; run were "
                        + patches.stream()
                                .filter(TestTab::isScript)
                                .map(TestTab::call)
                                .toList());
        return this;
    }

    private static boolean isScript(TabPatch patch) {
        return patch.action().equals("carillon-script");
    }

    private static String call(TabPatch patch) {
        return patch.target() + " " + patch.content();
    }

    <T> T read(Function<Document, T> read) {
        lock.lock();
        try {
            return read.apply(document.document());
        } finally {
            lock.unlock();
        }
    }

    private <T> T script(BiFunction<Document, TabScript, T> read) {
        return read(shown -> read.apply(shown, document.script()));
    }

    private TestTab change(Consumer<Document> change) {
        lock.lock();
        try {
            change.accept(document.document());
            changed.signalAll();
            return this;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until a condition holds, at each change of the tab.
     *
     * @throws AssertionError with the failure and the last patches, when the time has passed
     */
    void await(Duration within, Predicate<Document> condition, Function<Document, String> failure) {
        long left = within.toNanos();
        lock.lock();
        try {
            while (!condition.test(document.document())) {
                if (left <= 0) {
                    throw new AssertionError(failure.apply(document.document()) + received());
                }
                left = changed.awaitNanos(Math.min(left, TimeUnit.DAYS.toNanos(1)));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    private String received() {
        Stream<TabPatch> last = patches.stream().skip(Math.max(0, patches.size() - NAMED_PATCHES));
        String named = last.map(
                        patch -> "\n  - " + patch.action() + " " + patch.target() + " " + shortened(patch.content()))
                .collect(Collectors.joining());
        return patches.isEmpty()
                ? "; no patch was received"
                : "; received " + patches.size() + " patches, last:" + named;
    }

    static String shortened(String text) {
        return text.length() <= NAMED_CHARS ? text : text.substring(0, NAMED_CHARS) + "…";
    }

    /** Closes its stream. */
    @Override
    public void close() {
        closeStream();
    }
}
