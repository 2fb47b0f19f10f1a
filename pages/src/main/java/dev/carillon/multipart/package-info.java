/**
 * Forms with files, {@code multipart/form-data}: reads their parts as they arrive, and makes the names of files safe. Uses {@code base} of the server.
 * For the thread that reads, which may block.
 */
@NullMarked
package dev.carillon.multipart;

import org.jspecify.annotations.NullMarked;
