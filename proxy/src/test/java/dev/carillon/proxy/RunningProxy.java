package dev.carillon.proxy;

/** A proxy that a contract test has started. */
interface RunningProxy extends AutoCloseable {
    int port();

    /** What it has logged so far. */
    String output();

    @Override
    void close();
}
