package dev.carillon.cli.base;

/** Environment variables of commands that are not settings of a node or a proxy. */
public final class Variables {
    public static final String URL = "CARILLON_URL";
    public static final String TOKEN = "CARILLON_TOKEN";

    /** Read by the root script. */
    public static final String JAVA_OPTS = "CARILLON_JAVA_OPTS";

    private Variables() {}
    /** Read by the start script of a release. */
    public static final String CACHE_DIR = "CARILLON_CACHE_DIR";
}
