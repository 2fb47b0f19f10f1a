package dev.carillon.page.task;

/**
 * Code of a page that runs in the turn of its context.
 *
 * @param kind for logs, such as {@code timer}
 * @param name for logs
 * @param afterEnd whether it also runs when the context has ended
 */
public record Task(String kind, String name, Runnable run, boolean afterEnd) {
    public static Task of(String kind, String name, Runnable run) {
        return new Task(kind, name, run, false);
    }
}
