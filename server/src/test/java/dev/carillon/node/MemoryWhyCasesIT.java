package dev.carillon.node;

import org.junit.jupiter.api.Tag;

@Tag("full")
class MemoryWhyCasesIT extends WhyCasesContract {
    @Override
    protected String broker() {
        return "memory://why-cases";
    }
}
