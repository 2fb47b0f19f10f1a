package dev.carillon.app;

/** Where an application begins. */
public final class Carillon {
    private Carillon() {}

    /** Creates an application without pages. */
    public static App app(AppOptions options) {
        return new App(options);
    }
}
