package dev.carillon.cli;

import com.microsoft.playwright.Page;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;

/** What axe-core finds wrong with a page for people who cannot see it, or not well. */
final class Axe {
    private static final String RUN = """
            async () => (await axe.run()).violations.map(found =>
              `${found.impact} ${found.id}: ${found.nodes.map(node => node.html).join(' ')}`)
            """;

    private Axe() {}

    /** Every violation, by its rule. */
    @SuppressWarnings("unchecked")
    static List<String> violations(Page page) {
        try {
            page.evaluate(Files.readString(NodeJsClient.folder().resolve("node_modules/axe-core/axe.min.js"))
                    + "; undefined");
        } catch (IOException e) {
            throw new UncheckedIOException("no axe-core: run ./carillon test, which gets it", e);
        }
        return (List<String>) page.evaluate(RUN);
    }
}
