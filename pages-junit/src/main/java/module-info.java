/** Tests of live pages without a browser. */
module dev.carillon.junit.pages {
    requires transitive dev.carillon.junit;
    requires transitive dev.carillon.pages;
    requires com.fasterxml.jackson.databind;
    requires transitive java.net.http;
    requires org.jsoup;
    requires static transitive org.jspecify;

    exports dev.carillon.junit.pages;
}
