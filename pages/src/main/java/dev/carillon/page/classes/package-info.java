/** Reads the classes of pages once, tells their mistakes, and declares their objects as pages. Uses the API of pages only. */
@NullMarked
package dev.carillon.page.classes;

import org.jspecify.annotations.NullMarked;
