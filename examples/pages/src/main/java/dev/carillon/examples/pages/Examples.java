package dev.carillon.examples.pages;

import dev.carillon.app.App;
import dev.carillon.app.AppOptions;
import dev.carillon.app.Carillon;
import dev.carillon.extension.Extension;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.page.Page;

/** All examples, below {@code /examples}, with a page that lists them. */
public final class Examples implements Extension {
    private static final String BASE = "/examples";

    private final App app = Carillon.app(AppOptions.defaults().basePath(BASE))
            .head("<link rel=\"stylesheet\" href=\"" + BASE + "/examples.css\">")
            .file("/examples.css", Examples.class, "examples.css")
            .page("/", Examples::index)
            .page("/counter", Counter::page);

    private static void index(Page page) {
        page.title("Examples");
        page.layout(views -> "<main><h1>Live pages</h1><ul><li><a href=\"" + BASE + "/counter\">Counter</a>: "
                + "everybody sees the count, each tab has its own step</li></ul></main>");
    }

    @Override
    public AutoCloseable start(ExtensionContext node) {
        node.startPageLink(BASE, "Examples of live pages");
        return app.start(node);
    }
}
