package dev.carillon.cli.doctor;

import java.util.List;
import java.util.function.Consumer;

/** A part of the examination. */
interface Check {
    /** Names of its findings, in the order in which they are found. */
    List<String> names();

    /**
     * Examines one subject.
     *
     * @param found receives at most one finding for each name
     * @throws ProbeException if a request got no answer; the first name without a finding then fails with the message
     */
    void run(Probe probe, Consumer<Finding> found) throws ProbeException, InterruptedException;

    /** What to do if {@link #run} is not finished. */
    default String advice() {
        return "look at the proxy and its log: other requests to this address were answered";
    }
}
