package dev.carillon.cli;

/** Variables of commands that are no keys of a node or a proxy. */
final class Variables {
    static final String URL = "CARILLON_URL";
    static final String TOKEN = "CARILLON_TOKEN";

    /** Of the root script. */
    static final String JAVA_OPTS = "CARILLON_JAVA_OPTS";

    private Variables() {}
}
