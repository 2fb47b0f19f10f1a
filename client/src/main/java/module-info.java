/** A client for backends: broadcasts with retries, and subscriptions that resume. */
module dev.carillon.client {
    requires java.net.http;
    requires static transitive org.jspecify;

    exports dev.carillon.client;
}
