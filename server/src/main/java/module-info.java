/**
 * A node of the cluster, for applications that embed one. Exported is what applications use: start a node, extend it, broadcast, listen, decide about tokens,
 * bring a broker.
 */
module dev.carillon.server {
    requires dev.carillon.edge;
    requires transitive micrometer.core;
    requires micrometer.registry.prometheus;
    requires com.fasterxml.jackson.databind;
    requires com.github.benmanes.caffeine;
    requires jjwt.api;
    requires transitive io.opentelemetry.api;
    requires io.opentelemetry.context;
    requires java.logging;
    requires java.net.http;
    requires jdk.management;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports dev.carillon.auth;
    exports dev.carillon.base;
    exports dev.carillon.broadcast;
    exports dev.carillon.broker;
    exports dev.carillon.extension;
    exports dev.carillon.node;
    exports dev.carillon.scope;
    exports dev.carillon.session;
    exports dev.carillon.source;
    exports dev.carillon.trace;

    uses dev.carillon.base.ProcessLog;
    uses dev.carillon.broker.BrokerProvider;
    uses dev.carillon.source.SourceProvider;
    uses dev.carillon.trace.TracingProvider;

    provides dev.carillon.broker.BrokerProvider with
            dev.carillon.broker.memory.MemoryProvider;
}
