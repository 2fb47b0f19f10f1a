package dev.carillon.examples.pages;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.junit.pages.TabPatch;
import dev.carillon.junit.pages.TestBrowser;
import dev.carillon.junit.pages.TestPages;
import dev.carillon.junit.pages.TestTab;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Each example in tabs without a browser, on two nodes. */
class WithoutBrowserIT {
    @RegisterExtension
    static final TestPages PAGES = TestPages.of(Examples::new).nodes(2).build();

    @Test
    void counter_is_shared_and_its_step_is_not() {
        TestTab one = PAGES.browser().open("/examples/counter", 0);
        TestTab two = PAGES.browser().open("/examples/counter", 1);

        one.fill("step", "5").click("Add 1");
        two.view("counter").hasText("5");
        two.click("Add 1");

        one.view("counter").hasText("6");
        one.view("controls").containsText("Add 5");
        two.click("Reset");
        one.view("counter").hasText("0");
    }

    @Test
    void chat_shows_messages_in_their_room_only() {
        TestTab ann = PAGES.browser().open("/examples/chat/lobby", 0);
        TestTab bob = PAGES.browser().open("/examples/chat/lobby", 1);
        TestTab kitchen = PAGES.browser().open("/examples/chat/kitchen", 1);

        ann.fill("name", "Ann").fill("text", "Hello <b>").click("Send");

        bob.view("log").containsText("Ann Hello <b>");
        ann.field("text").hasValue("");
        kitchen.view("log").hasText("No messages yet. Say hello.");
    }

    @Test
    void board_moves_a_note_for_everybody() {
        TestTab one = PAGES.browser().open("/examples/board", 0);
        TestTab two = PAGES.browser().open("/examples/board", 1);

        one.click("Move right: Open this board in a second window");

        two.find("section:nth-child(2) #note-1").exists();
        one.fill("text", "New").click("Add");
        two.find("section:nth-child(1) li").containsText("New");
    }

    @Test
    void poll_counts_one_vote_of_each_browser() {
        TestBrowser ann = PAGES.browser();
        TestTab one = ann.open("/examples/poll", 0);
        TestTab second = ann.open("/examples/poll", 1);
        TestTab bob = PAGES.browser().open("/examples/poll", 1);

        one.click("The doorbell");
        second.find("[value=DOOR]").hasAttribute("aria-pressed", "true");
        second.click("A bicycle bell");
        bob.click("A bicycle bell");

        one.view("bars").containsText("2");
        one.find("[value=BICYCLE]").hasAttribute("aria-pressed", "true");
    }

    @Test
    void prices_move_until_the_market_closes() {
        TestTab tab = PAGES.browser().open("/examples/ticker");
        String before = tab.view("market").html();

        PAGES.clock().advance(Duration.ofSeconds(3));

        tab.await("the prices have moved", () -> !tab.view("market").html().equals(before));
        tab.click("Close the market");
        tab.view("switch").hasText("Open the market");
        tab.click("Open the market");
        tab.view("switch").hasText("Close the market");
    }

    @Test
    void tasks_belong_to_the_browser_and_the_filter_to_the_tab() {
        TestBrowser ann = PAGES.browser();
        TestTab one = ann.open("/examples/todo", 0);
        TestTab two = ann.open("/examples/todo", 1);
        TestTab bob = PAGES.browser().open("/examples/todo", 1);

        one.fill("text", "Ring the bell").click("Add");
        two.view("tasks").hasText("Ring the bell");
        two.click("Done");
        one.click("Ring the bell");

        two.view("tasks").hasText("Ring the bell");
        one.view("filters").containsText("0 of 1 open");
        one.click("Open").view("tasks").hasText("");
        bob.view("filters").containsText("Nothing to do");
    }

    @Test
    void account_needs_a_password() {
        TestTab tab = PAGES.browser().open("/examples/account");
        assertThat(tab.location()).isEqualTo("/examples/login");

        tab.fill("name", "Ann").fill("password", "dong ding").click("Sign in");
        tab.view("form").containsText("Name or password is wrong.");
        tab.fill("name", "Ann").fill("password", "ding dong").click("Sign in");

        tab.find("h1").hasText("Welcome, Ann");
        tab.click("Sign out");
        assertThat(tab.location()).isEqualTo("/examples/login");
    }

    @Test
    void checksum_of_a_file_is_shown() {
        TestTab tab = PAGES.browser().open("/examples/files");

        tab.choose("files", "a.txt", "text/plain", "abc".getBytes(StandardCharsets.UTF_8))
                .click("Send");

        tab.view("checked")
                .containsText("a.txt 3 bytes")
                .containsText("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    @Test
    void search_follows_what_is_typed() {
        TestTab tab = PAGES.browser().open("/examples/search");

        tab.type("query", "bell");

        tab.view("found").containsText("6 of");
        tab.type("query", "<none>").view("found").hasText("0 of 58");
        tab.fill("query", "gon").click("Search").find("mark").hasText("gon");
    }

    @Test
    void last_article_goes_to_one_of_two_browsers() {
        TestBrowser ann = PAGES.browser();
        TestTab one = ann.open("/examples/shop", 0);
        TestTab second = ann.open("/examples/shop", 1);
        TestTab bob = PAGES.browser().open("/examples/shop", 1);

        one.click("Add: Bourdon, 9 tonnes");

        second.view("cart").containsText("Total 249,000.00");
        bob.view("articles").containsText("sold out");
        bob.view("cart").containsText("Empty");
        second.click("Remove: Bourdon, 9 tonnes");
        bob.view("articles").containsText("1 left");
        one.view("cart").containsText("Total 0.00");
    }

    @Test
    void changed_cells_of_the_sheet_are_sent_alone() {
        TestTab one = PAGES.browser().open("/examples/sheet", 0);
        TestTab two = PAGES.browser().open("/examples/sheet", 1);
        two.find("[value=D4]").hasText("4290");
        two.clearPatches();

        one.press("[value=B2]").field("content").hasValue("2");
        one.fill("content", "3").click("Save");

        two.find("[value=D4]").hasText("5490");
        two.find("[value=B4]").hasText("24");
        assertThat(two.patches())
                .extracting(TabPatch::target)
                .containsOnly("sheet.B2", "sheet.D2", "sheet.B4", "sheet.D4");
        one.press("[value=A5]").field("content").hasValue("");
        one.fill("content", "=A5").click("Save");
        two.find("[value=A5]").hasText("circle");
    }

    @Test
    void wizard_goes_on_at_another_node() {
        TestTab tab = PAGES.browser().open("/examples/wizard", 0);

        tab.fill("name", "Ann").fill("mail", "nowhere").click("Next");
        tab.view("step").containsText("has an @ in its middle");
        tab.fill("mail", "ann@example.com").click("Next").disconnect();
        tab.connect(1).view("step").containsText("Step 2 of 3");
        tab.fill("size", "LARGE").click("Next");

        tab.view("step").containsText("Name Ann E-mail ann@example.com Bell Large, for a tower");
    }

    @Test
    void world_moves_for_everybody_until_it_is_paused() {
        TestTab one = PAGES.browser().open("/examples/life", 0);
        TestTab two = PAGES.browser().open("/examples/life", 1);

        two.await("a third generation", () -> !two.view("world").text().matches("Generation [0-2],.*"));
        one.click("Pause");
        two.view("tools").containsText("Go on");
        one.click("Clear");

        two.view("world").containsText(" 0 cells");
        two.click("Add a glider");
        one.view("world").containsText(" 5 cells");
    }

    @Test
    void race_shows_each_runner() {
        TestTab ann = PAGES.browser().open("/examples/race", 0);
        TestTab bob = PAGES.browser().open("/examples/race", 1);

        ann.fill("name", "Ann").type("typed", Race.TEXT);
        bob.fill("name", "Bob").type("typed", "The tenor lied");

        ann.find(".bars li:nth-child(1)").hasText("Annhome");
        ann.find(".bars li:nth-child(2)").hasText("Bob35 %");
        bob.click("New race");
        ann.view("race").containsText("No one has begun.");
    }

    @Test
    void second_of_two_equal_bids_is_refused() {
        TestTab ann = PAGES.browser().open("/examples/auction", 0);
        TestTab bob = PAGES.browser().open("/examples/auction", 1);
        bob.fill("name", "Bob").click("Bid").message().hasText("The auction is over.");

        ann.click("Begin").fill("name", "Ann").fill("amount", "20").click("Bid");
        bob.view("bids").containsText("20 Ann");
        bob.fill("amount", "20").click("Bid");

        bob.message().hasText("Bid more than 20.");
        bob.fill("amount", "21").click("Bid");
        ann.view("bids").containsText("21 Bob");
    }

    @Test
    void theme_is_kept_by_a_cookie() {
        TestBrowser ann = PAGES.browser();
        TestTab tab = ann.open("/examples/theme");

        tab.fill("accent", "#112233").fill("shape", "SQUARE").click("Apply");

        tab.view("preview").containsText("--accent: #112233; --paper: #faf7f2; --radius: 0px;");
        ann.open("/examples/theme").field("accent").hasValue("#112233");
    }

    @Test
    void monitor_counts_the_open_tabs() {
        TestTab one = PAGES.browser().open("/examples/monitor", 0);
        one.view("tabs").containsText("1 tab ");
        TestTab two = PAGES.browser().open("/examples/monitor", 1);

        one.view("tabs").containsText("2 tabs");
        two.close();

        PAGES.clock().advance(Duration.ofSeconds(30));
        one.view("tabs").within(Duration.ofSeconds(20)).containsText("1 tab ");
    }

    @Test
    void components_have_scopes_of_three_sizes() {
        TestBrowser ann = PAGES.browser();
        TestTab one = ann.open("/examples/components", 0);
        TestTab second = ann.open("/examples/components", 1);
        TestTab bob = PAGES.browser().open("/examples/components", 1);

        one.act("everybody.more").act("browser.more").act("tab.more");

        second.view("everybody.count").containsText("1");
        second.view("browser.count").containsText("1");
        bob.view("everybody.count").containsText("1");
        assertThat(second.view("tab.count").text()).contains("0");
        assertThat(bob.view("browser.count").text()).contains("0");
    }

    @Test
    void source_of_every_example_of_the_list_is_shown() {
        TestBrowser browser = PAGES.browser();
        String list = browser.get("/examples").body();

        List<String> sources = Pattern.compile("/examples/source/([A-Za-z]+)")
                .matcher(list)
                .results()
                .map(found -> found.group(1))
                .toList();

        assertThat(sources)
                .hasSize(18)
                .allSatisfy(name -> assertThat(browser.open("/examples/source/" + name)
                                .find("pre")
                                .text())
                        .contains("final class " + name));
        assertThat(browser.get("/examples/source/Nothing").statusCode()).isEqualTo(404);
    }

    @Test
    void list_of_the_examples_shows_their_state() {
        TestTab list = PAGES.browser().open("/examples", 0);
        TestTab chat = PAGES.browser().open("/examples/chat/garden", 1);

        chat.fill("text", "Seen from the list").click("Send");

        list.find("main").exists();
        assertThat(list.html()).contains("Chat", "Board", "Poll");
    }
}
