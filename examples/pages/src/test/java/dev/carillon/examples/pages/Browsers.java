package dev.carillon.examples.pages;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.Chromium;
import java.util.List;
import java.util.Map;

/** The examples on two nodes, and browsers that show them. */
final class Browsers implements AutoCloseable {
    private final Chromium chromium = new Chromium();
    private final TestCluster cluster;

    Browsers(String broker) {
        cluster = new TestCluster(broker, 2, Map.of(), new Examples());
    }

    /** An example in a browser of its own. */
    Page open(int node, String path) {
        return open(node, path, new Browser.NewContextOptions());
    }

    Page openWithoutJavaScript(int node, String path) {
        return open(node, path, new Browser.NewContextOptions().setJavaScriptEnabled(false));
    }

    Page open(int node, String path, Browser.NewContextOptions options) {
        Page page = chromium.page(options);
        page.navigate(url(node, path));
        return page;
    }

    /** Another tab of a browser. */
    Page tab(Page browser, int node, String path) {
        Page page = browser.context().newPage();
        page.navigate(url(node, path));
        return page;
    }

    String url(int node, String path) {
        return "http://127.0.0.1:" + cluster.node(node).port() + "/examples" + path;
    }

    List<String> consoleErrors() {
        return chromium.consoleErrors();
    }

    void closePages() {
        chromium.closePages();
    }

    static Locator button(Page page, String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    static void click(Page page, String button) {
        button(page, button).click();
    }

    @Override
    public void close() {
        chromium.close();
        cluster.close();
    }
}
