package dev.carillon.lab.fleet;

import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.util.List;

/** Parses one response incrementally and passes its body on. */
public interface ResponseParser {
    void feed(ByteBuffer bytes) throws ProtocolException;

    /** 0 before the head was read. */
    int status();

    /**
     * Values of a header.
     *
     * @param name the header's name in lower case
     */
    List<String> header(String name);

    /** Whether the response is complete. */
    boolean ended();
}
