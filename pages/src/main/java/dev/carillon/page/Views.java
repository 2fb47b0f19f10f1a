package dev.carillon.page;

/** The rendered views and components of a page, or of a component, for its layout. For one thread. */
public interface Views {
    /** The element of a view, whose id is its name, or the HTML of a component. */
    String view(String name);

    /** All views and components, in the order of their declaration. */
    String all();
}
