package dev.carillon.process;

/** A real broker server as a child process on a port of loopback that stays the same over restarts. */
public interface TestServer extends AutoCloseable {
    /** What a restart begins with. */
    enum Data {
        KEPT,
        LOST,
        /** As it was at {@link TestServer#saveCopy()}. */
        OLDER
    }

    String scheme();

    int port();

    default String address() {
        return scheme() + "://127.0.0.1:" + port();
    }

    default String address(Relay relay) {
        return scheme() + "://127.0.0.1:" + relay.port();
    }

    /** Keeps a copy of the data as they are now; may restart the server. */
    void saveCopy();

    /** Ends the server (hard where data are to be lost) and starts it again; returns when it listens. */
    void restart(Data data);

    void stop();

    void start();

    /** SIGSTOP, and SIGCONT. */
    void pause();

    void resume();

    @Override
    void close();
}
