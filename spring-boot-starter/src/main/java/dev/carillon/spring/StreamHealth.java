package dev.carillon.spring;

/** What the health says of emitters. Without a type of Spring MVC, which an application may not have. */
interface StreamHealth {
    /** Whether the connection that feeds the emitters is open. */
    boolean isConnected();

    /** Number of open emitters. */
    int emitters();
}
