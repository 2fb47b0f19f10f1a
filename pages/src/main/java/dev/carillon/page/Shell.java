package dev.carillon.page;

/**
 * The parts of a document, for a template of the application. The template contains {@link #head} and {@link #body}, each once.
 *
 * @param title escaped
 * @param head elements of the head, with the title and the script of live pages
 * @param body all that is inside the body
 */
public record Shell(String title, String head, String body) {}
