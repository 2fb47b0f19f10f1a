package dev.carillon.cli.base;

/** Environment variables of commands that are not settings of a node or a proxy. */
public final class Variables {
    public static final String URL = "CARILLON_URL";
    public static final String TOKEN = "CARILLON_TOKEN";

    /** Read by the root script. */
    public static final String JAVA_OPTS = "CARILLON_JAVA_OPTS";

    /** Path of the start script of a release; set by that script. */
    public static final String LAUNCHER = "CARILLON_LAUNCHER";

    /** Set by a process for the one that replaces it: path of the socket on which it waits. */
    public static final String REPLACES = "CARILLON_REPLACES";

    private Variables() {}
    /** Read by the start script of a release. */
    public static final String CACHE_DIR = "CARILLON_CACHE_DIR";
}
