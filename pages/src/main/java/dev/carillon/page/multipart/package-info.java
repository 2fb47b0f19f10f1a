/**
 * Forms with files, {@code multipart/form-data}: reads their parts as they arrive, and makes the names of files safe. Uses no other package of the module.
 * For the thread that reads, which may block.
 */
@NullMarked
package dev.carillon.page.multipart;

import org.jspecify.annotations.NullMarked;
