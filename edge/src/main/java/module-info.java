/** Validation and limits of client connections and requests, shared by node and proxy. Has no API for applications. */
module dev.carillon.edge {
    requires transitive undertow.core;
    requires transitive xnio.api;
    requires java.logging;
    requires jdk.management;
    requires org.slf4j;
    requires static org.jspecify;

    exports dev.carillon.edge;
}
