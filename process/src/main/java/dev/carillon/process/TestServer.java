package dev.carillon.process;

/** A broker server as a child process on a loopback port that stays the same across restarts. */
public interface TestServer extends AutoCloseable {
    /** Data of a restarted server. */
    enum Data {
        KEPT,
        LOST,
        /** The copy of {@link TestServer#saveCopy()}. */
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

    /** Saves a copy of the current data; may restart the server. */
    void saveCopy();

    /** Stops the server, or kills it if data must be lost, and starts it again; returns when it listens. */
    void restart(Data data);

    void stop();

    void start();

    /** Pauses the process with SIGSTOP. */
    void pause();

    /** Resumes the process with SIGCONT. */
    void resume();

    @Override
    void close();
}
