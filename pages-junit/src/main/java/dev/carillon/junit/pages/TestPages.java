package dev.carillon.junit.pages;

import dev.carillon.extension.Extension;
import dev.carillon.junit.Broadcasts;
import dev.carillon.junit.CarillonNode;
import dev.carillon.junit.TestClock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * An application of live pages on nodes in memory, and browsers that open its pages; no browser is started. As a static field with {@code
 * @RegisterExtension} the nodes run for the tests of a class, as an instance field for each test. Browsers end with their test.
 *
 * <pre>
 *  &#64;RegisterExtension
 *  static final TestPages PAGES = TestPages.of(Shop::app).build();
 *
 *  &#64;Test
 *  void cart_shows_what_was_added() {
 *      TestTab tab = PAGES.user("ann").open("/shop");
 *      tab.click("Add to the cart");
 *      tab.view("cart").hasText("1 article");
 *  }
 * </pre>
 */
public final class TestPages
        implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback, AutoCloseable {
    private final CarillonNode nodes;
    // Guarded by this.
    private final List<TestBrowser> browsers = new ArrayList<>();

    private TestPages(CarillonNode nodes) {
        this.nodes = nodes;
    }

    /** @param app makes the application, an {@link dev.carillon.app.App} or an extension that starts one; called for each node */
    public static Builder of(Supplier<? extends Extension> app) {
        return new Builder(app);
    }

    /** A browser without a token and, at first, without cookies. */
    public TestBrowser browser() {
        return add(null);
    }

    /** As {@link #browser()}, with a token of this user. */
    public TestBrowser user(String name) {
        return add(nodes.token().user(name).build());
    }

    /** As {@link #browser()}, with a token, such as that of {@link CarillonNode#token}. */
    public TestBrowser withToken(String token) {
        return add(Objects.requireNonNull(token));
    }

    private synchronized TestBrowser add(@Nullable String token) {
        TestBrowser browser = new TestBrowser(nodes, token);
        browsers.add(browser);
        return browser;
    }

    /** The nodes, for what is no page, such as requests to the API. */
    public CarillonNode nodes() {
        return nodes;
    }

    /** The clock of the nodes: timers of pages, time limits and {@code context-linger} follow it. */
    public TestClock clock() {
        return nodes.clock();
    }

    /** What was broadcast since the test began. */
    public Broadcasts broadcasts() {
        return nodes.broadcasts();
    }

    /** Closes the browsers. */
    private synchronized void closeBrowsers() {
        browsers.forEach(TestBrowser::close);
        browsers.clear();
    }

    /** Closes the browsers and stops the nodes. */
    @Override
    public void close() {
        closeBrowsers();
        nodes.close();
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        nodes.beforeAll(context);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        nodes.afterAll(context);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        nodes.beforeEach(context);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        closeBrowsers();
        nodes.afterEach(context);
    }

    /** Options of {@link TestPages}. Not thread-safe. */
    public static final class Builder {
        private final CarillonNode.Builder nodes = CarillonNode.inMemory();

        private Builder(Supplier<? extends Extension> app) {
            nodes.extension(node -> app.get().start(node));
        }

        /** Number of nodes of the cluster, 1 to 10; default 1. */
        public Builder nodes(int number) {
            nodes.nodes(number);
            return this;
        }

        /**
         * Any setting of a node.
         *
         * @throws IllegalArgumentException as {@link CarillonNode.Builder#set}
         */
        public Builder set(String name, String value) {
            nodes.set(name, value);
            return this;
        }

        /** For {@code @RegisterExtension}: JUnit starts and stops it. */
        public TestPages build() {
            return new TestPages(nodes.build());
        }

        /** Starts it at once, for other code than JUnit; the caller closes it. */
        public TestPages start() {
            return new TestPages(nodes.start());
        }
    }
}
