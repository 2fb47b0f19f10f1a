/** Live pages: an application writes a page in Java; its signals, actions and views live on the server. */
module dev.carillon.pages {
    requires transitive dev.carillon.server;
    requires com.fasterxml.jackson.core;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports dev.carillon.app;
    exports dev.carillon.page;
    exports dev.carillon.page.annotation;
}
