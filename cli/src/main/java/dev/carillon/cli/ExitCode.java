package dev.carillon.cli;

import dev.carillon.lab.cluster.ServiceProcess;

/** Exit statuses of the commands. */
final class ExitCode {
    static final int OK = 0;

    /** The command was valid, but it failed. */
    static final int FAILED = 1;

    /** The command was invalid: one line on standard error names the key, the value and the rule. */
    static final int MISUSED = ServiceProcess.MISUSED;

    private ExitCode() {}
}
