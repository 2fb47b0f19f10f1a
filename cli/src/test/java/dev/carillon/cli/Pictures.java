package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Pictures of pages: for people to look at in {@code target}, and those of the documentation. With {@code -Dcarillon.pictures.write=true} the latter are written anew,
 * as they differ a little in each run.
 */
final class Pictures {
    private static final boolean WRITES = Boolean.getBoolean("carillon.pictures.write");
    private static final Path DOCUMENTED = Path.of("..", "docs", "images");

    private Pictures() {}

    /** Writes {@code target/NAME.png}, of the whole page. */
    static byte[] take(Page page, String name) {
        byte[] png = page.screenshot(new Page.ScreenshotOptions()
                .setPath(Path.of("target", name + ".png"))
                .setFullPage(true));
        assertThat(png.length).isGreaterThan(1_000);
        return png;
    }

    /** As {@link #take}, and {@code docs/images/NAME.png} if that is wanted; it must be there in any case. */
    static void document(Page page, String name) {
        keep(take(page, name), name);
    }

    /** As the other, of a part of a page. */
    static void document(Locator part, String name) {
        keep(part.screenshot(new Locator.ScreenshotOptions().setPath(Path.of("target", name + ".png"))), name);
    }

    private static void keep(byte[] png, String name) {
        Path documented = DOCUMENTED.resolve(name + ".png");
        if (WRITES) {
            try {
                Files.write(documented, png);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        assertThat(documented).isNotEmptyFile();
    }
}
