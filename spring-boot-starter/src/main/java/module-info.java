/** Broadcasts from Spring Boot applications, and server-sent events of the cluster through their controllers. */
module dev.carillon.spring {
    requires transitive dev.carillon.client;
    requires spring.beans;
    requires spring.boot;
    requires spring.boot.autoconfigure;
    requires transitive spring.context;
    requires spring.core;
    requires static com.fasterxml.jackson.annotation;
    requires static spring.boot.health;
    requires static spring.web;
    requires static transitive spring.webmvc;
    requires static transitive org.jspecify;
    requires org.slf4j;

    exports dev.carillon.spring;

    // Spring calls constructors and methods of beans.
    opens dev.carillon.spring;
}
