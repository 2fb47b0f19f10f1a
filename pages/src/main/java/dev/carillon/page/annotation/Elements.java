package dev.carillon.page.annotation;

import dev.carillon.page.Action;

/** The parts of a page of a class, for its HTML; usable when the page is declared. */
public interface Elements {
    /** @throws IllegalArgumentException when the page has no such action */
    Action action(String name);

    /**
     * The attributes of an {@code <input>} for a field with {@link Input}, as {@link dev.carillon.page.Page#field}.
     *
     * @throws IllegalArgumentException when the page has no such field
     */
    String field(String name);
}
