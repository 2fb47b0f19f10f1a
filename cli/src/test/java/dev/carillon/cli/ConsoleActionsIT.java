package dev.carillon.cli;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.carillon.node.Hub;
import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.Chromium;
import dev.carillon.testkit.SseClient;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each action of the console, in a browser: the dialog says what it will do, the operator agrees, and it is done. */
@Tag("full")
class ConsoleActionsIT {
    private static final int WIDTH = 1280;

    @SuppressWarnings("NullAway.Init")
    private static TestCluster cluster;

    @SuppressWarnings("NullAway.Init")
    private static Chromium chromium;

    @BeforeAll
    static void start() {
        chromium = new Chromium();
        cluster = new TestCluster("memory://console-actions", 2, Map.of("drain-notice", "1s", "drain-timeout", "3s"));
    }

    @AfterAll
    static void stop() {
        chromium.close();
        cluster.close();
    }

    @AfterEach
    void closePages() {
        chromium.closePages();
    }

    private static String admin(int node) {
        return "http://127.0.0.1:" + cluster.node(node).adminPort();
    }

    private static ConsolePage console() {
        return ConsolePage.signedIn(chromium, admin(0), TestCluster.OPERATOR, WIDTH, ColorScheme.LIGHT);
    }

    private static SseClient stream(int node, String target, Map<String, String> headers) {
        return SseClient.open(cluster.node(node).port(), target, headers).opened();
    }

    private static String ann() {
        return TestCluster.token(List.of(), List.of(), builder -> builder.subject("ann"));
    }

    @Test
    void wrong_token_is_refused_and_the_right_one_is_kept_out_of_reach_of_scripts() {
        ConsolePage console = ConsolePage.open(chromium, admin(0), WIDTH, 900, ColorScheme.LIGHT);
        console.signIn("a wrong token that is long enough for the form");
        assertThat(console.page().getByRole(AriaRole.ALERT).first()).hasText("This is not the operators' token.");
        // The browser itself writes a refused request as an error.
        assertThat(chromium.consoleErrors()).allMatch(line -> line.contains("401"));

        console.signIn(TestCluster.OPERATOR);

        assertThat(console.page().locator("#state"))
                .hasText("Live from node " + cluster.node(0).id());
        assertThat(String.valueOf(console.page().evaluate("document.cookie + JSON.stringify(localStorage) + location")))
                .doesNotContain("carillon_console", TestCluster.OPERATOR);
        console.page().reload();
        assertThat(console.page().locator("#data")).isVisible();
        assertThat(chromium.consoleErrors()).isEmpty();
    }

    @Test
    void sign_out_hides_everything() {
        ConsolePage console = console();

        console.button("Sign out").click();

        assertThat(console.page().locator("#data")).isHidden();
        assertThat(console.page().getByLabel("Operators' token")).isFocused();
        console.page().reload();
        assertThat(console.page().locator("#sign-in")).isVisible();
    }

    @Test
    void test_event_reaches_clients_of_every_node() {
        try (SseClient client = stream(1, "/events?topic=console-test", Map.of())) {
            ConsolePage console = console();
            console.button("Broadcast a test event …").click();
            console.dialog().getByLabel("Scope").fill("topic:console-test");
            console.dialog().getByLabel("Data").fill("hello from the console");
            console.assertClean();
            console.inDialog("Broadcast").click();

            assertThat(console.result()).containsText("The event is in the log: ");
            client.awaitData("hello from the console");
            assertThat(console.feed()).containsText("requested POST /console/admin/broadcast");
        }
    }

    @Test
    void refused_action_says_why_and_changes_nothing() {
        ConsolePage console = console();
        console.button("Broadcast a test event …").click();
        console.dialog().getByLabel("Scope").fill("nonsense");
        console.inDialog("Broadcast").click();

        assertThat(console.dialog().locator(".error")).containsText("scope");
        console.inDialog("Cancel").click();
        assertThat(console.dialog()).hasCount(0);
        assertThat(console.result()).isEmpty();
        // The browser itself writes a refused request as an error.
        assertThat(chromium.consoleErrors()).allMatch(line -> line.contains("400"));
    }

    @Test
    void clients_are_disconnected_by_user() {
        try (SseClient client = stream(1, "/events", Hub.bearer(ann()))) {
            ConsolePage console = console();
            console.button("Disconnect clients …").click();
            console.dialog().getByLabel("Value").fill("ann");
            console.inDialog("Disconnect").click();

            assertThat(console.result()).containsText("1 connection closed.");
            await().until(client::hasEnded);
        }
    }

    @Test
    void access_is_revoked_by_user() {
        try (SseClient client = stream(1, "/events", Hub.bearer(ann()))) {
            ConsolePage console = console();
            console.button("Revoke access …").click();
            console.dialog().getByLabel("Value").fill("ann");
            console.assertClean();
            console.inDialog("Revoke").click();

            assertThat(console.result()).containsText("Revoked until");
            await().until(client::hasEnded);
        }
    }

    @Test
    void rebalance_begins() {
        ConsolePage console = console();
        console.button("Rebalance …").click();
        console.dialog().getByLabel("Connections per second").fill("5");
        console.inDialog("Rebalance").click();

        // There is nothing to move, or it has begun.
        assertThat(console.result()).containsText("The rebalance is ");
    }

    @Test
    void log_level_of_another_node_is_set() {
        ConsolePage console = console();
        console.button("Set the log level …").click();
        console.dialog().getByLabel("Node").selectOption(cluster.node(1).id());
        console.dialog().getByLabel("Level").selectOption("debug");
        console.inDialog("Set the level").click();

        assertThat(console.result())
                .hasText("dev.carillon logs at debug on node " + cluster.node(1).id() + ".");
    }

    @Test
    void why_an_event_did_not_reach_a_user_is_explained() {
        try (SseClient client = stream(1, "/events?topic=console-why", Map.of());
                SseClient other = stream(0, "/events?topic=another", Hub.bearer(ann()))) {
            ConsolePage console = console();
            console.button("Broadcast a test event …").click();
            console.dialog().getByLabel("Scope").fill("topic:console-why");
            console.inDialog("Broadcast").click();
            assertThat(console.result()).containsText("The event is in the log: ");
            client.awaitData("Test from the console");
            String result = console.result().textContent();
            String id = result.substring(result.indexOf(": ") + 2);

            Locator why = console.page().locator("#why-part");
            why.getByLabel("Event").fill(id);
            why.getByLabel("Value").fill("ann");
            console.button("Explain").click();

            assertThat(why.locator(".verdict")).containsText("not-subscribed");
            assertThat(why.locator("#why-result")).containsText("to topic:console-why");
            assertThat(why.locator("#why-result table")).containsText("ann");
            console.assertClean();
            why.getByLabel("Value").fill("");
            console.button("Explain").click();
            assertThat(why.locator("#why-result")).containsText("1 written");
            why.getByLabel("Event").fill("no-such-event");
            console.button("Explain").click();
            assertThat(why.locator("#why-result .error")).containsText("no-such-event");
            assertThat(other.hasEnded()).isFalse();
            // The browser itself writes a refused request as an error.
            assertThat(chromium.consoleErrors()).allMatch(line -> line.contains("404"));
        }
    }

    @Test
    void node_is_drained_from_the_console_of_another_one() throws InterruptedException {
        Node drained = cluster.add("to-drain");
        ConsolePage console = console();
        assertThat(console.node("to-drain")).containsText("serving");
        console.button("Drain node to-drain").click();
        assertThat(console.dialog()).containsText("Drain node to-drain");
        assertThat(console.inDialog("Cancel")).isFocused();
        console.page().keyboard().press("Escape");
        assertThat(console.dialog()).hasCount(0);
        assertThat(console.button("Drain node to-drain")).isFocused();

        console.button("Drain node to-drain").click();
        console.inDialog("Drain the node").click();

        assertThat(console.result()).hasText("Node to-drain drains.");
        drained.awaitStopped();
        assertThat(console.feed()).containsText("node to-drain left the cluster");
        assertThat(console.node("to-drain")).hasCount(0);
    }

    @Test
    void every_part_is_reached_by_the_keyboard() {
        ConsolePage console = console();
        // As after a visit: signing in moves the focus to the content.
        console.page().reload();
        assertThat(console.node(cluster.node(0).id())).containsText("serving");
        console.page().keyboard().press("Tab");
        assertThat(console.page().locator(".skip")).isFocused();
        console.page().keyboard().press("Enter");
        console.page().keyboard().press("Tab");
        assertThat(console.page().locator("#nodes-part .scroll")).isFocused();
        console.page().keyboard().press("Tab");
        assertThat(console.button("Drain node " + cluster.node(0).id())).isFocused();
        assertThat(console.button("Drain node " + cluster.node(0).id())).hasCSS("outline-style", "solid");
    }
}
