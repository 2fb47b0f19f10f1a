/** An application that embeds a node. */
module com.example.embedded {
    requires dev.carillon.server;
}
