package dev.carillon.cli.base;

import dev.carillon.lab.cluster.ServiceProcess;

/** Exit statuses of the commands. */
public final class ExitCode {
    public static final int OK = 0;

    /** The command was valid, but it failed. */
    public static final int FAILED = 1;

    /** The command was invalid: one line on standard error names the key, the value and the rule. */
    public static final int MISUSED = ServiceProcess.MISUSED;

    private ExitCode() {}
}
