package dev.carillon.examples.pages;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static dev.carillon.examples.pages.Browsers.button;
import static dev.carillon.examples.pages.Browsers.click;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import dev.carillon.containers.Servers;
import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.process.TestServer;
import dev.carillon.testkit.Chromium;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Counter, chat and spreadsheet in two browsers on two nodes, one of which is killed: with Turbo and with Datastar. */
@Tag("full")
@Tag("process")
@Tag("chromium")
@Tag("redis")
@Tag("datastar")
class BothRenderersIT {
    static final Path SCRIPTS = Path.of(
                    Objects.requireNonNullElse(System.getenv("CLIENTS"), "../../.cache/clients"), "datastar")
            .toAbsolutePath();

    private final TestServer server = Servers.redis();
    private final Chromium chromium = new Chromium();
    private final ExampleNode first = killable();
    private final List<Node> nodes = new ArrayList<>(List.of(node("second", 0)));

    private ExampleNode killable() {
        try {
            return new ExampleNode("first", server.address(), SCRIPTS);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Node node(String id, int port) {
        return Node.builder(TestCluster.config(id, server.address(), Map.of("port", Integer.toString(port))))
                .extension(new Examples(SCRIPTS))
                .start();
    }

    @AfterEach
    void close() {
        chromium.close();
        first.close();
        nodes.forEach(Node::close);
        server.close();
    }

    private Page open(int port, String path) {
        Page page = chromium.page(new Browser.NewContextOptions());
        page.navigate("http://127.0.0.1:" + port + path);
        page.evaluate("window.kept = 'yes'");
        return page;
    }

    private static void save(Page sheet, String cell, String content) {
        button(sheet, cell).click();
        assertThat(sheet.locator("#field-content")).not().hasValue("Bells");
        sheet.locator("#field-content").fill(content);
        click(sheet, "Save");
    }

    @Test
    void pages_with_turbo_survive_their_node() {
        survive("/examples");
    }

    @Test
    void pages_with_datastar_survive_their_node() {
        Page page = survive("/examples/datastar");

        assertThat(page.locator("turbo-stream-source")).hasCount(0);
    }

    private Page survive(String base) {
        int second = nodes.getFirst().port();
        Page counter = open(first.port(), base + "/counter");
        Page chat = open(first.port(), base + "/chat/lobby");
        Page sheet = open(first.port(), base + "/sheet");
        Page otherCounter = open(second, base + "/counter");
        Page otherChat = open(second, base + "/chat/lobby");
        Page otherSheet = open(second, base + "/sheet");

        counter.getByLabel("Step").fill("5");
        click(counter, "Add 1");
        assertThat(otherCounter.locator("output")).hasText("5");
        assertThat(button(counter, "Add 5")).isVisible();
        chat.getByLabel("Name").fill("Ann <b>");
        chat.getByLabel("Message").fill("@post('/x') $step <img src=x>");
        chat.getByLabel("Message").press("Enter");
        assertThat(otherChat.locator(".log p").first()).hasText("Ann <b> @post('/x') $step <img src=x>");
        assertThat(chat.getByLabel("Message")).hasValue("");
        save(sheet, "B2: 2", "3");
        assertThat(button(otherSheet, "D2: 3600")).isVisible();
        // Half-typed, and never sent before the node is killed.
        counter.getByLabel("Step").fill("9");
        chat.getByLabel("Message").fill("half a sent");
        sheet.locator("#field-content").fill("4");
        clientOnly(base, counter);

        first.kill();
        click(otherCounter, "Add 1");
        otherChat.getByLabel("Message").fill("meanwhile");
        click(otherChat, "Send");
        // No node answers this action yet.
        click(sheet, "Save");
        first.close();
        nodes.add(node("third", first.port()));

        assertThat(counter.locator("output")).hasText("6");
        assertThat(counter.getByLabel("Step")).hasValue("9");
        click(counter, "Add 5");
        assertThat(otherCounter.locator("output")).hasText("15");
        assertThat(chat.locator(".log p")).hasCount(2);
        assertThat(chat.getByLabel("Message")).hasValue("half a sent");
        click(chat, "Send");
        assertThat(otherChat.locator(".log p").first()).hasText("Ann <b> half a sent");
        assertThat(button(otherSheet, "D2: 4800")).isVisible();
        for (Page page : new Page[] {counter, chat, sheet}) {
            assertThat(page.evaluate("window.kept")).isEqualTo("yes");
        }
        if (base.endsWith("datastar")) {
            assertThat(counter.locator("#mine")).hasText("kept");
        }
        return counter;
    }

    /** A signal that only the browser knows. */
    private static void clientOnly(String base, Page page) {
        if (base.endsWith("datastar")) {
            page.evaluate("""
                    const mine = document.createElement('p');
                    mine.id = 'mine';
                    mine.setAttribute('data-signals:_mine', "'kept'");
                    mine.setAttribute('data-text', '$_mine');
                    document.body.append(mine);
                    """);
            assertThat(page.locator("#mine")).hasText("kept");
        }
    }
}
