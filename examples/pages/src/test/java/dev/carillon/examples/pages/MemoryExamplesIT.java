package dev.carillon.examples.pages;

import org.junit.jupiter.api.Tag;

@Tag("process")
@Tag("chromium")
class MemoryExamplesIT extends ExamplesContract {
    @Override
    protected String broker() {
        return "memory://examples";
    }
}
