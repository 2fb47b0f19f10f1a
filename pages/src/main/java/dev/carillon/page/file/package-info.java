/**
 * Static files of an application: where they are, their names with a hash, and the answers to requests for them. Uses {@code page}. Runs on virtual
 * threads and may block.
 */
@NullMarked
package dev.carillon.page.file;

import org.jspecify.annotations.NullMarked;
