package dev.carillon.cli;

/** Whether a command only checks its options. The root script uses this before it downloads servers for a command. */
final class DryRun {
    private static final String PROPERTY = "carillon.check";

    private DryRun() {}

    static boolean isRequested() {
        return Boolean.getBoolean(PROPERTY);
    }
}
