package dev.carillon.cli;

import dev.carillon.lab.cluster.ServiceProcess;

/** Exit statuses of the commands. */
final class ExitCode {
    static final int OK = 0;

    /** The command was right, but the world refused. */
    static final int FAILED = 1;

    /** The command was wrong: one line on standard error names key, value and rule. */
    static final int MISUSED = ServiceProcess.MISUSED;

    private ExitCode() {}
}
