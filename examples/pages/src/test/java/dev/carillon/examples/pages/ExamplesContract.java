package dev.carillon.examples.pages;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static dev.carillon.examples.pages.Browsers.button;
import static dev.carillon.examples.pages.Browsers.click;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.APIResponse;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.FilePayload;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Each example in two browsers, each on a node of its own. The tests share the nodes and the state of the examples. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ExamplesContract {
    @SuppressWarnings("NullAway.Init")
    private Browsers browsers;

    protected abstract String broker();

    protected void stopBroker() {}

    @BeforeAll
    void start() {
        browsers = new Browsers(broker());
    }

    @AfterEach
    void closePages() {
        browsers.closePages();
    }

    @AfterAll
    void stop() {
        browsers.close();
        stopBroker();
    }

    private static Locator checkbox(Page page, String name) {
        return page.getByRole(
                AriaRole.CHECKBOX, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private static Locator bar(Page page, String choice) {
        return page.locator(".bars li")
                .filter(new Locator.FilterOptions().setHasText(choice))
                .locator("b");
    }

    private static Locator column(Page page, String title) {
        return page.locator(".columns section").filter(new Locator.FilterOptions().setHasText(title));
    }

    @Test
    @Tag("full")
    void typing_runs_an_action_and_disturbs_no_one() {
        Page page = browsers.open(0, "/search");
        Locator field = page.getByLabel("Words about bells");

        field.pressSequentially("bel");
        assertThat(page.locator("mark").first()).hasText("bel");
        field.pressSequentially("f");

        assertThat(page.locator(".words li")).hasText(new String[] {"belfry"});
        assertThat(field).hasValue("belf");
        assertThat(field).isFocused();
        assertThat(browsers.consoleErrors()).isEmpty();
    }

    @Test
    @Tag("full")
    void counter_is_shared_and_its_step_is_not() {
        Page ann = browsers.open(0, "/counter");
        Page bob = browsers.open(1, "/counter");

        ann.getByLabel("Step").fill("5");
        click(ann, "Add 1");

        assertThat(bob.locator("output")).hasText("5");
        click(bob, "Add 1");
        assertThat(ann.locator("output")).hasText("6");
        assertThat(button(ann, "Add 5")).isVisible();
        assertThat(browsers.consoleErrors()).isEmpty();
    }

    @Test
    @Tag("full")
    void chat_shows_markup_as_text_to_the_room_alone() {
        Page ann = browsers.open(0, "/chat/lobby");
        Page bob = browsers.open(1, "/chat/lobby");
        Page eve = browsers.open(1, "/chat/garden");

        String markup = "<img src=x onerror=alert(1)>&amp;";
        ann.getByLabel("Name").fill("Ann <b>");
        ann.getByLabel("Message").fill(markup);
        ann.getByLabel("Message").press("Enter");

        assertThat(bob.locator(".log p").first()).hasText("Ann <b> " + markup);
        assertThat(ann.getByLabel("Message")).hasValue("");
        assertThat(ann.getByLabel("Name")).hasValue("Ann <b>");
        bob.getByLabel("Message").fill("hello");
        click(bob, "Send");
        assertThat(ann.locator(".log p").first()).hasText("Guest hello");
        eve.getByLabel("Message").fill("any flowers?");
        click(eve, "Send");
        assertThat(eve.locator(".log p")).hasCount(1);
        assertThat(ann.locator(".log p")).hasCount(2);
        assertThat(browsers.consoleErrors()).isEmpty();
    }

    @Test
    @Tag("full")
    void unknown_chat_room_is_not_found() {
        Page page = browsers.open(0, "/counter");

        assertThat(page.navigate(browsers.url(0, "/chat/cellar")).status()).isEqualTo(404);
        List<String> _ = browsers.consoleErrors();
    }

    @Test
    void board_is_moved_and_edited_by_all_and_half_typed_text_stays() {
        Page ann = browsers.open(0, "/board");
        Page bob = browsers.open(1, "/board");

        bob.getByLabel("New note").fill("half");
        ann.getByLabel("New note").fill("ring <the> bell");
        click(ann, "Add");
        assertThat(column(bob, "Ideas")).containsText("ring <the> bell");
        assertThat(ann.getByLabel("New note")).hasValue("");
        click(bob, "Move right: ring <the> bell");
        assertThat(column(ann, "In progress")).containsText("ring <the> bell");
        assertThat(bob.getByLabel("New note")).hasValue("half");
        click(ann, "Edit: ring <the> bell");
        ann.getByLabel("Text of the note").fill("rung");
        click(ann, "Save");
        assertThat(column(bob, "In progress")).containsText("rung");
        click(bob, "Remove: rung");
        assertThat(ann.locator(".columns")).not().containsText("rung");
        assertThat(browsers.consoleErrors()).isEmpty();
    }

    @Test
    @Tag("full")
    void poll_counts_one_vote_of_each_browser_which_may_change_it() {
        Page ann = browsers.open(0, "/poll");
        Page second = browsers.tab(ann, 1, "/poll");
        Page bob = browsers.open(1, "/poll");

        click(ann, "The doorbell");
        assertThat(bar(bob, "The doorbell")).hasText("1");
        click(bob, "The doorbell");
        assertThat(bar(ann, "The doorbell")).hasText("2");
        assertThat(button(second, "The doorbell")).hasAttribute("aria-pressed", "true");
        click(second, "The tower bell");
        assertThat(bar(bob, "The doorbell")).hasText("1");
        assertThat(bar(bob, "The tower bell")).hasText("1");
        assertThat(button(ann, "The tower bell")).hasAttribute("aria-pressed", "true");
        assertThat(button(bob, "The doorbell")).hasAttribute("aria-pressed", "true");
        assertThat(browsers.consoleErrors()).isEmpty();
    }

    @Test
    @Tag("full")
    void ticker_moves_alike_on_both_nodes_until_one_closes_the_market() {
        Page ann = browsers.open(0, "/ticker");
        Page bob = browsers.open(1, "/ticker");
        Locator price = ann.locator(".stocks tbody tr").first().locator("td").nth(1);

        String first = price.textContent();
        assertThat(price).not().hasText(first);
        click(bob, "Close the market");
        assertThat(button(ann, "Open the market")).isVisible();
        String last = price.textContent();
        assertThat(bob.locator(".stocks tbody tr").first().locator("td").nth(1)).hasText(last);
        click(ann, "Open the market");
        assertThat(price).not().hasText(last);
        assertThat(browsers.consoleErrors()).isEmpty();
    }

    @Test
    @Tag("full")
    void to_do_list_is_that_of_the_browser_with_a_filter_for_each_tab() {
        Page ann = browsers.open(0, "/todo");
        Page second = browsers.tab(ann, 1, "/todo");
        Page bob = browsers.open(1, "/todo");

        ann.getByLabel("New task").fill("oil the clapper");
        ann.getByLabel("New task").press("Enter");
        assertThat(checkbox(second, "oil the clapper")).isVisible();
        assertThat(ann.getByLabel("New task")).hasValue("");
        click(ann, "Open");
        checkbox(second, "oil the clapper").click();
        assertThat(checkbox(second, "oil the clapper")).isChecked();
        assertThat(checkbox(ann, "oil the clapper")).hasCount(0);
        assertThat(bob.getByRole(AriaRole.STATUS)).hasText("Nothing to do");
        click(second, "Remove done");
        assertThat(ann.getByRole(AriaRole.STATUS)).hasText("Nothing to do");
        assertThat(browsers.consoleErrors()).isEmpty();
    }

    @Test
    void list_of_the_examples_is_live_and_leads_to_each() {
        Page list = browsers.open(0, "");
        Page poll = browsers.open(1, "/poll");

        click(poll, "A bicycle bell");

        assertThat(bar(list, "A bicycle bell")).hasText("1");
        List<String> links = list.locator(".cards a").all().stream()
                .map(link -> link.getAttribute("href"))
                .toList();
        assertThat(links).hasSizeGreaterThanOrEqualTo(6);
        for (String link : links) {
            APIResponse page = list.request().get(browsers.url(0, link.substring("/examples".length())));
            assertThat(page.status()).as(link).isEqualTo(200);
            assertThat(page.text()).as(link).contains("<h1");
        }
        assertThat(browsers.consoleErrors()).isEmpty();
    }

    @Test
    void examples_work_without_javascript() {
        Page chat = browsers.openWithoutJavaScript(0, "/chat/kitchen");
        chat.getByLabel("Message").fill("plain");
        click(chat, "Send");
        assertThat(chat.locator(".log p").first()).hasText("Guest plain");
        assertThat(chat.getByLabel("Message")).hasValue("");

        Page poll = browsers.openWithoutJavaScript(0, "/poll");
        click(poll, "The alarm clock");
        assertThat(bar(poll, "The alarm clock")).hasText("1");
    }

    @Test
    @Tag("full")
    void more_examples_work_without_javascript() {
        Page board = browsers.openWithoutJavaScript(1, "/board");
        board.getByLabel("New note").fill("on paper");
        click(board, "Add");
        click(board, "Move right: on paper");
        assertThat(column(board, "In progress")).containsText("on paper");

        Page list = browsers.openWithoutJavaScript(1, "/todo");
        list.getByLabel("New task").fill("buy rope");
        click(list, "Add");
        checkbox(list, "buy rope").click();
        assertThat(checkbox(list, "buy rope")).isChecked();

        Page ticker = browsers.openWithoutJavaScript(0, "/ticker");
        assertThat(ticker.locator(".stocks")).containsText(Pattern.compile("Bell Foundry"));
    }

    private static void signIn(Page page, String password) {
        page.getByLabel("Name").fill("Ann <b>");
        page.getByLabel("Password").fill(password);
        click(page, "Sign in");
    }

    @Test
    @Tag("full")
    void account_is_for_the_browser_that_signed_in_on_every_node() {
        Page ann = browsers.open(0, "/account");
        Page bob = browsers.open(1, "/login");
        assertThat(ann).hasURL(Pattern.compile("/examples/login$"));

        signIn(ann, "wrong");
        assertThat(ann.getByText("Name or password is wrong.")).isVisible();
        assertThat(ann.getByLabel("Password")).hasValue("");
        String before = cookie(ann);
        signIn(ann, "ding dong");
        assertThat(ann.locator("h1")).hasText("Welcome, Ann <b>");
        assertThat(cookie(ann)).isNotEqualTo(before);
        assertThat(browsers.tab(ann, 1, "/account").locator("h1")).hasText("Welcome, Ann <b>");
        bob.navigate(browsers.url(1, "/account"));
        assertThat(bob.locator("h1")).hasText("Sign in");
        click(ann, "Sign out");
        assertThat(ann.locator("h1")).hasText("Sign in");
        ann.navigate(browsers.url(1, "/account"));
        assertThat(ann.locator("h1")).hasText("Sign in");
        assertThat(browsers.consoleErrors()).isEmpty();
    }

    private static String cookie(Page page) {
        return page.context().cookies().stream()
                .map(cookie -> cookie.name + cookie.value)
                .collect(Collectors.joining());
    }

    @Test
    @Tag("full")
    void uploaded_files_have_their_checksums_in_all_tabs_of_the_browser() {
        Page ann = browsers.open(0, "/files");
        Page second = browsers.tab(ann, 1, "/files");

        files(ann).setInputFiles(new FilePayload[] {
            new FilePayload("<b>.txt", "text/plain", "abc".getBytes(StandardCharsets.UTF_8)),
            new FilePayload("big.bin", "application/octet-stream", new byte[3_000_000])
        });
        click(ann, "Send");

        assertThat(second.locator(".files"))
                .containsText("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assertThat(second.locator(".files")).containsText("3000000 bytes");
        assertThat(ann.locator("progress")).hasAttribute("value", "100");
        assertThat(browsers.consoleErrors()).isEmpty();
    }

    private static Locator files(Page page) {
        return page.locator("input[type=file]");
    }

    @Test
    @Tag("full")
    void login_and_upload_work_without_javascript() {
        Page plain = browsers.openWithoutJavaScript(0, "/login");
        signIn(plain, "ding dong");
        assertThat(plain.locator("h1")).hasText("Welcome, Ann <b>");
        plain.navigate(browsers.url(1, "/files"));
        files(plain).setInputFiles(new FilePayload("a.txt", "text/plain", "abc".getBytes(StandardCharsets.UTF_8)));
        click(plain, "Send");
        assertThat(plain.locator(".files")).containsText("ba7816bf8f01cfea");
    }
}
