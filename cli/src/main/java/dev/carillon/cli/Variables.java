package dev.carillon.cli;

/** Environment variables of commands that are not settings of a node or a proxy. */
final class Variables {
    static final String URL = "CARILLON_URL";
    static final String TOKEN = "CARILLON_TOKEN";

    /** Read by the root script. */
    static final String JAVA_OPTS = "CARILLON_JAVA_OPTS";

    private Variables() {}
    /** Read by the start script of a release. */
    static final String CACHE_DIR = "CARILLON_CACHE_DIR";
}
