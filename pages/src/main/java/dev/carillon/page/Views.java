package dev.carillon.page;

/** The rendered views of a page, for its layout. For one thread. */
public interface Views {
    /** The element of a view, whose id is its name. */
    String view(String name);

    /** The elements of all views, in the order of their declaration. */
    String all();
}
