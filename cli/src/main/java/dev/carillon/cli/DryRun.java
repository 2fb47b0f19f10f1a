package dev.carillon.cli;

/** Whether a command ends when it has checked its options: the root script gets servers only for a command that is right. */
final class DryRun {
    private static final String PROPERTY = "carillon.check";

    private DryRun() {}

    static boolean isRequested() {
        return Boolean.getBoolean(PROPERTY);
    }
}
