/** Examples of live pages, one short file each. Uses the API of pages only. */
@NullMarked
package dev.carillon.examples.pages;

import org.jspecify.annotations.NullMarked;
