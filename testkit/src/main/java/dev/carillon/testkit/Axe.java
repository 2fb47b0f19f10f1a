package dev.carillon.testkit;

import com.microsoft.playwright.Page;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;

/** Accessibility checks of a page by axe-core. */
public final class Axe {
    private static final String RUN = """
            async () => (await axe.run()).violations.map(violation =>
              `${violation.impact} ${violation.id}: ${violation.nodes.map(node => node.html).join(' ')}`)
            """;

    private Axe() {}

    /** Every violation, as impact, rule and elements. */
    @SuppressWarnings("unchecked")
    public static List<String> violations(Page page) {
        try {
            page.evaluate(Files.readString(NpmPackages.directory().resolve("node_modules/axe-core/axe.min.js"))
                    + "; undefined");
        } catch (IOException e) {
            throw new UncheckedIOException("axe-core is not installed: run ./carillon test, which installs it", e);
        }
        return (List<String>) page.evaluate(RUN);
    }
}
