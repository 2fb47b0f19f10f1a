package dev.carillon.fanout;

/** What happens on a pipe; called on its I/O thread. */
public interface PipeListener {
    void writable();

    /** The client has gone, or the way to it broke. */
    void closed();
}
