/** The first checks of a connection and a request, the same for node and proxy. It has no API for applications. */
module dev.carillon.edge {
    requires transitive undertow.core;
    requires transitive xnio.api;
    requires java.logging;
    requires jdk.management;
    requires org.slf4j;
    requires static org.jspecify;

    exports dev.carillon.edge;
}
