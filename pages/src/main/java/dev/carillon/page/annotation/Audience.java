package dev.carillon.page.annotation;

/** Who has a shared signal or sees a view. */
public enum Audience {
    /** The tab alone. */
    TAB,
    /** All tabs of the browser. */
    SESSION,
    /** All tabs that show the page with these path parameters. */
    ROUTE,
    /** All tabs. */
    GLOBAL
}
