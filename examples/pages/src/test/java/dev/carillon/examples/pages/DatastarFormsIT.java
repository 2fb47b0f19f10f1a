package dev.carillon.examples.pages;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static dev.carillon.examples.pages.Browsers.button;
import static dev.carillon.examples.pages.Browsers.click;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.FilePayload;
import dev.carillon.app.App;
import dev.carillon.app.AppOptions;
import dev.carillon.app.Carillon;
import dev.carillon.extension.Development;
import dev.carillon.node.TestCluster;
import dev.carillon.page.Action;
import dev.carillon.page.Html;
import dev.carillon.page.PageRenderer;
import dev.carillon.page.Signal;
import dev.carillon.page.Upload;
import dev.carillon.page.UploadRule;
import dev.carillon.testkit.Chromium;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Files, fields that search while a user types, and the dev bar, with Datastar in Chromium. */
@Tag("full")
@Tag("chromium")
@Tag("datastar")
class DatastarFormsIT {
    private final AtomicInteger searches = new AtomicInteger();
    /** Stands for a template that is saved. */
    private final AtomicReference<String> heading = new AtomicReference<>("Search");

    private final TestCluster cluster =
            new TestCluster("memory://" + UUID.randomUUID(), 1, Map.of("mode", "development"), app());
    private final Chromium chromium = new Chromium();

    private App app() {
        return Carillon.app(AppOptions.defaults())
                .files("/scripts", BothRenderersIT.SCRIPTS)
                .file("/one.css", Examples.class, "examples.css")
                .head(links -> "<link rel=\"stylesheet\" href=\"" + links.url("/one.css") + "\">")
                .page("/turbo", page -> {
                    Signal<Integer> count = page.signal("count", 0);
                    Action add = page.action("add", () -> count.update(n -> n + 1));
                    page.view("count", () -> "<output>" + count.text() + "</output>");
                    page.layout(views -> "<main>" + views.all() + add.button("Add")
                            + "<a href=\"/search\">To the search</a></main>");
                })
                .page("/photos", PageRenderer.datastar("/scripts/datastar.js"), DatastarFormsIT::photos)
                .page("/search", PageRenderer.datastar("/scripts/datastar.js"), this::search);
    }

    private static void photos(dev.carillon.page.Page page) {
        Upload photos = page.upload(
                "photos", UploadRule.oneFile().maxFiles(2).maxBytes(1_000_000).types("text/plain"));
        Signal<String> title = page.input("title", "");
        Signal<String> seen = page.signal("seen", "nothing");
        Action send = page.action(
                "send",
                () -> seen.set(title.get() + ": "
                        + photos.files().stream()
                                .map(file -> file.name() + " " + file.bytes())
                                .collect(Collectors.joining(", "))));
        page.view("seen", () -> "<p id=\"list\">" + seen.text() + "</p>");
        page.view(
                "progress",
                () -> "<progress max=\"100\" value=\"" + photos.progress().get() + "\"></progress>");
        page.layout(views -> "<main>" + views.all() + "<label>Title <input " + dev.carillon.page.Page.field(title)
                + "></label><label>Photos <input " + photos.field() + "></label>" + send.uploadButton("Send")
                + "</main>");
    }

    private void search(dev.carillon.page.Page page) {
        Signal<String> query = page.input("query", "");
        Signal<String> note = page.input("note", "");
        Signal<String> found = page.signal("found", "");
        Action search = page.action("search", () -> {
            searches.incrementAndGet();
            found.set("found " + query.get() + note.get());
        });
        // The field is in a view that the action changes: nothing may disturb who types.
        page.view(
                "found",
                () -> "<p id=\"result\">" + found.text() + "</p><label>Words <input "
                        + dev.carillon.page.Page.field(query) + " " + search.onInput() + "></label>");
        page.layout(views -> "<main><h1>" + Html.escape(Objects.requireNonNull(heading.get())) + "</h1>" + views.all()
                + "<label>Note <input "
                + dev.carillon.page.Page.field(note) + "></label>" + search.button("Search")
                + "<button data-on:click=\"@get('" + search.url() + "')\">By GET</button>"
                + "<a href=\"/turbo\">Back</a></main>");
    }

    @AfterEach
    void close() {
        chromium.close();
        cluster.close();
    }

    private Page open(String path) {
        Page page = chromium.page(new Browser.NewContextOptions());
        page.navigate("http://127.0.0.1:" + cluster.node(0).port() + path);
        page.evaluate("window.kept = 'yes'");
        return page;
    }

    private static FilePayload text(String name, int bytes) {
        return new FilePayload(name, "text/plain", "a".repeat(bytes).getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void files_are_sent_with_the_other_fields_and_refusals_are_shown() {
        Page page = open("/photos");
        page.getByLabel("Title").fill("Bells \"<b>\"");
        page.getByLabel("Photos").setInputFiles(new FilePayload[] {text("söme.txt", 300_000), text("b.txt", 3)});

        click(page, "Send");

        assertThat(page.locator("#list")).hasText("Bells \"<b>\": söme.txt 300000, b.txt 3");
        assertThat(page.locator("progress")).hasAttribute("value", "100");
        assertThat(page.getByLabel("Title")).hasValue("Bells \"<b>\"");

        page.getByLabel("Photos").setInputFiles(new FilePayload[] {text("large.txt", 1_000_001)});
        click(page, "Send");
        assertThat(page.locator("#carillon-message")).containsText("must have at most 1000000 bytes");
        page.getByLabel("Photos").setInputFiles(new FilePayload[] {text("small.txt", 1)});
        click(page, "Send");
        assertThat(page.locator("#list")).hasText("Bells \"<b>\": small.txt 1");
        assertThat(page.locator("#carillon-message")).hasText("");
        assertThat(page.evaluate("window.kept")).isEqualTo("yes");
    }

    @Test
    void action_runs_a_moment_after_the_last_key_and_leaves_the_field_alone() {
        Page page = open("/search");
        Locator words = page.getByLabel("Words");
        words.focus();

        words.pressSequentially("bells and ropes");

        assertThat(page.locator("#result")).hasText("found bells and ropes");
        assertThat(words).hasValue("bells and ropes");
        assertThat(words).isFocused();
        // Fewer than keys: a pause of the machine may end a wait early.
        assertThat(searches.get()).isLessThan("bells and ropes".length());
        words.pressSequentially("!");
        assertThat(page.locator("#result")).hasText("found bells and ropes!");
        page.getByLabel("Note").fill("?");
        page.getByLabel("Note").press("Enter");
        assertThat(page.locator("#result")).hasText("found bells and ropes!?");
    }

    @Test
    void action_by_get_is_refused_in_words() {
        Page page = open("/search");

        click(page, "By GET");

        assertThat(page.locator("#carillon-message")).containsText("use @post");
        assertThat(searches.get()).isZero();
        click(page, "Search");
        assertThat(page.locator("#result")).hasText("found");
        assertThat(page.locator("#carillon-message")).hasText("");
    }

    @Test
    void links_lead_between_pages_with_turbo_and_with_datastar() {
        Page page = open("/turbo");
        click(page, "Add");
        assertThat(page.locator("output")).hasText("1");

        page.getByText("To the search").click();

        page.getByLabel("Words").fill("bells");
        assertThat(page.locator("#result")).hasText("found bells");
        assertThat(page.locator("turbo-stream-source")).hasCount(0);
        page.getByText("Back").click();
        click(page, "Add");
        assertThat(page.locator("output")).hasText("1");
        assertThat(chromium.consoleErrors()).isEmpty();
    }

    @Test
    void dev_bar_shows_actions_errors_and_new_templates() {
        Development development = cluster.node(0).development().orElseThrow();
        Page page = open("/search");
        Locator bar = page.locator("carillon-dev-bar");
        assertThat(bar.locator(".summary")).containsText("page /search");
        page.getByLabel("Words").fill("bells");
        assertThat(bar.locator(".summary")).containsText("action search");
        page.getByLabel("Note").fill("half-typed");

        development.problems(List.of(new Development.Problem("Shop.java", 7, "a < b", "x")));
        assertThat(bar.locator(".errors")).containsText("Shop.java:7");
        development.problems(List.of());
        assertThat(bar.locator(".errors")).isHidden();
        heading.set("Sale");
        development.templatesChanged();
        assertThat(page.locator("h1")).hasText("Sale");
        assertThat(page.getByLabel("Words")).hasValue("bells");
        assertThat(page.getByLabel("Note")).hasValue("half-typed");
        String style = page.locator("head link[rel=stylesheet]").first().getAttribute("href");
        development.fileChanged("one.css");
        await().until(() -> !page.locator("link[rel=stylesheet]")
                .first()
                .getAttribute("href")
                .equals(style));

        // The signals have their values, and the stream is still open.
        click(page, "Search");
        assertThat(page.locator("#result")).hasText("found bellshalf-typed");
        bar.getByText("Traces").click();
        assertThat(bar.locator("#traces")).containsText("query = bells");
        assertThat(button(page, "Search")).isVisible();
        assertThat(page.evaluate("window.kept")).isEqualTo("yes");
        assertThat(chromium.consoleErrors()).isEmpty();
    }
}
