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
        return new CommandException(Main.FAILED, message);
    }

    /** The command was wrong. */
    static CommandException misused(String message) {
        return new CommandException(Main.MISUSED, message);
    }

    static CommandException of(int status, String message) {
        return new CommandException(status, message);
    }

    int status() {
        return status;
    }
}
