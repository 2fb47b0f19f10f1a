package dev.carillon.page;

/** URLs of the application. */
public interface Links {
    /**
     * The URL of a page or file, with the base paths of node and application.
     *
     * @param path such as {@code /rooms/7}
     */
    String url(String path);

    /**
     * The URL of a static file that changes with its content, so that browsers store it for good: {@code /app.css} gives {@code /app.0123456789abcdef.css}.
     *
     * @throws IllegalArgumentException when there is no such file
     */
    String asset(String path);
}
