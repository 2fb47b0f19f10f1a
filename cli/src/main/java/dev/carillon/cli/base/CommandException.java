package dev.carillon.cli.base;

/** Ends a command. The message is the one line that the user sees; it says what to do next. */
public final class CommandException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    private CommandException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** The command was valid, but it failed. */
    public static CommandException failed(String message) {
        return new CommandException(ExitCode.FAILED, message);
    }

    /** The command was invalid. */
    public static CommandException misused(String message) {
        return new CommandException(ExitCode.MISUSED, message);
    }

    public int status() {
        return status;
    }
}
