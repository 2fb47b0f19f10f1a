package dev.carillon.cli;

/** Ends a command: its message is the one line that the user sees, and says what to do next. */
final class CommandException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    private CommandException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** The command was right, but the world refused. */
    static CommandException failed(String message) {
        return new CommandException(ExitCode.FAILED, message);
    }

    /** The command was wrong. */
    static CommandException misused(String message) {
        return new CommandException(ExitCode.MISUSED, message);
    }

    int status() {
        return status;
    }
}
