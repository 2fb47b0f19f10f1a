/** JTE templates as views of live pages. */
module dev.carillon.pages.jte {
    requires transitive dev.carillon.pages;
    requires transitive gg.jte.runtime;
    requires static gg.jte;
    requires static transitive org.jspecify;

    exports dev.carillon.jte;
}
