package dev.carillon.examples.pages;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static dev.carillon.examples.pages.Browsers.button;
import static dev.carillon.examples.pages.Browsers.click;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.Chromium;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A page in a browser whose node ends, while another node takes its address. */
@Tag("process")
@Tag("chromium")
class RevivedPageIT {
    private final String broker = "memory://" + UUID.randomUUID();
    private final TestCluster cluster = new TestCluster(broker, 1, Map.of(), new Examples());
    private final Chromium chromium = new Chromium();
    private Node current = node("first", 0);

    private Node node(String id, int port) {
        return Node.builder(TestCluster.config(id, broker, Map.of("port", Integer.toString(port))))
                .extension(new Examples())
                .start();
    }

    @AfterEach
    void close() {
        chromium.close();
        current.close();
        cluster.close();
    }

    private Page open(Node node) {
        Page page = chromium.page(new Browser.NewContextOptions());
        page.navigate("http://127.0.0.1:" + node.port() + "/examples/counter");
        return page;
    }

    @Test
    @Tag("full")
    void half_typed_text_stays_and_an_action_without_an_answer_is_sent_again() {
        Page ann = open(current);
        Page bob = open(cluster.node(0));
        ann.getByLabel("Step").fill("5");
        click(ann, "Add 1");
        assertThat(ann.locator("output")).hasText("5");
        assertThat(button(ann, "Add 5")).isVisible();
        ann.evaluate("window.kept = 'yes'");
        ann.getByLabel("Step").fill("9");
        int port = current.port();

        current.close();
        current = node("second", port);

        click(bob, "Add 1");
        assertThat(ann.locator("output")).hasText("6");
        assertThat(ann.getByLabel("Step")).hasValue("9");
        assertThat(button(ann, "Add 5")).isVisible();

        current.close();
        click(ann, "Add 5");
        current = node("third", port);

        assertThat(ann.locator("output")).hasText("15");
        assertThat(button(ann, "Add 9")).isVisible();
        assertThat(bob.locator("output")).hasText("15");
        assertThat(ann.evaluate("window.kept")).isEqualTo("yes");
    }
}
