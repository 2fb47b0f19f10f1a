package dev.carillon.cli.base;

/** Checks the value of an option. */
public final class WholeNumber {
    private WholeNumber() {}

    /** @throws CommandException with a message that names option, value and rule */
    public static int checked(String name, int value, int min, int max) {
        if (value < min || value > max) {
            throw CommandException.misused(name + ": " + value + ": must be a whole number from " + min + " to " + max);
        }
        return value;
    }
}
