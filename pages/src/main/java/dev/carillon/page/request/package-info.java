/**
 * What belongs to one request: its attributes, its cookies, where it leads, and its files; and the values of its session. Uses {@code page.signal}. Runs on
 * virtual threads and may block.
 */
@NullMarked
package dev.carillon.page.request;

import org.jspecify.annotations.NullMarked;
