package dev.carillon.patch;

import org.jspecify.annotations.Nullable;

/**
 * An event {@code datastar-patch-elements} (Datastar SDK specification, section "ServerSentEventGenerator.PatchElements").
 *
 * @param elements HTML; empty: none, to remove
 * @param selector of the elements that change; null: those with the ids of the elements given
 * @param mode null: {@code outer}, which morphs them
 * @param namespace {@code svg} or {@code mathml}; null: HTML
 */
record ElementsPatch(
        String elements,
        @Nullable String selector,
        @Nullable String mode,
        boolean viewTransition,
        @Nullable String namespace) {
    static final String TYPE = "datastar-patch-elements";

    /** Morphs the elements with these ids. */
    static PatchEvent morph(String elements) {
        return new ElementsPatch(elements, null, null, false, null).event();
    }

    static PatchEvent append(String selector, String elements) {
        return new ElementsPatch(elements, selector, "append", false, null).event();
    }

    static PatchEvent prepend(String selector, String elements) {
        return new ElementsPatch(elements, selector, "prepend", false, null).event();
    }

    static PatchEvent remove(String selector) {
        return new ElementsPatch("", selector, "remove", false, null).event();
    }

    PatchEvent event() {
        DataLines lines = new DataLines()
                .option("selector", selector)
                .option("mode", "outer".equals(mode) ? null : mode)
                .option("useViewTransition", viewTransition ? "true" : null)
                .option("namespace", namespace)
                .option("elements", elements);
        return new PatchEvent(TYPE, lines.toString());
    }
}
