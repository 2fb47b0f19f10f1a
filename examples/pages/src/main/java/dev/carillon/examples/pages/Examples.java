package dev.carillon.examples.pages;

import dev.carillon.app.App;
import dev.carillon.app.AppOptions;
import dev.carillon.app.Carillon;
import dev.carillon.extension.Extension;
import dev.carillon.extension.ExtensionContext;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** All examples, below {@code /examples}, with a page that lists them. */
public final class Examples implements Extension {
    static final String BASE = "/examples";
    /** System property: the folder of {@code datastar.js}, with which three examples use Datastar, too. */
    static final String DATASTAR = "carillon.examples.datastar";

    private final @Nullable Path datastar;

    public Examples() {
        String folder = System.getProperty(DATASTAR, "");
        this.datastar = folder.isEmpty() ? null : Path.of(folder);
    }

    /** @param datastar folder of {@code datastar.js} */
    public Examples(Path datastar) {
        this.datastar = datastar;
    }

    @Override
    public AutoCloseable start(ExtensionContext node) {
        node.startPageLink(BASE, "Examples of live pages");
        AutoCloseable turbo = app(node.nodeId()).start(node);
        if (datastar == null) {
            return turbo;
        }
        AutoCloseable others = DatastarExamples.app(datastar).start(node);
        return () -> {
            try (turbo) {
                others.close();
            }
        };
    }

    private static App app(String node) {
        return Carillon.app(AppOptions.defaults().basePath(BASE))
                .head("<link rel=\"stylesheet\" href=\"" + BASE + "/examples.css\">")
                .foot(links -> "<nav><a href=\"" + links.url("/") + "\">All examples</a></nav>")
                .file("/examples.css", Examples.class, "examples.css")
                .page("/", Index::page)
                .page("/source/{name}", Source::page)
                .page("/counter", Counter::page)
                .page("/chat/{room}", Chat::page)
                .page("/board", Board::page)
                .page("/poll", Poll::page)
                .page("/ticker", Ticker::page)
                .page("/todo", ToDo::page)
                .page("/search", Search::page)
                .page("/shop", Cart::page)
                .page("/sheet", Sheet::page)
                .page(Wizard.class)
                .page("/life", Life::page)
                .page("/race", Race::page)
                .page("/auction", Auction::page)
                .page("/theme", Theme::page)
                .page("/monitor", page -> Monitor.page(page, node))
                .page("/components", Parts::page)
                .page("/login", Login::page)
                .group("/account", Login::account)
                .page("/files", Files::page);
    }
}
