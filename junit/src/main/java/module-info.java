/** Nodes in memory for the tests of applications, with JUnit. */
module dev.carillon.junit {
    requires transitive dev.carillon.server;
    requires transitive org.junit.jupiter.api;
    requires com.fasterxml.jackson.databind;
    requires jjwt.api;
    requires static transitive org.jspecify;

    exports dev.carillon.junit;

    provides dev.carillon.broker.BrokerProvider with
            dev.carillon.junit.RecordingProvider;
}
