package dev.carillon.lab.sticky;

import dev.carillon.app.App;
import dev.carillon.app.AppOptions;
import dev.carillon.app.Carillon;
import dev.carillon.extension.Extension;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import java.util.function.Consumer;

/** The same counter in two applications: one whose nodes pass actions on, and one whose nodes do not. */
final class StickyApps implements Extension {
    static final String OWNER = "/owner";
    static final String ALONE = "/alone";
    static final String PAGE = "/counter";
    static final String ACTION = "add";

    private static final int ACTIONS_PER_SECOND = 1_000;

    private final App owner;
    private final App alone;

    StickyApps(ActionKind kind) {
        owner = app(OWNER, page -> counter(page, kind));
        alone = app(ALONE, page -> {
            // A saved page would go on at the node that a request has reached.
            page.memoryOnly();
            counter(page, kind);
        });
    }

    private static App app(String base, Consumer<Page> counter) {
        return Carillon.app(AppOptions.defaults().basePath(base).actionsPerSecond(ACTIONS_PER_SECOND))
                .page(PAGE, counter);
    }

    private static void counter(Page page, ActionKind kind) {
        Signal<Integer> count = page.signal("count", 0);
        Runnable work = kind.work(page);
        page.action(ACTION, () -> {
            work.run();
            count.update(n -> n + 1);
        });
        page.view("count", () -> "<output>" + count.text() + "</output>");
    }

    @Override
    public AutoCloseable start(ExtensionContext node) {
        AutoCloseable first = owner.start(node);
        AutoCloseable second = alone.start(new SeparateNode(node));
        return () -> {
            try (first) {
                second.close();
            }
        };
    }
}
