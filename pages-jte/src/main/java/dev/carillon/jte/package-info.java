/**
 * JTE templates (<a href="https://jte.gg">jte.gg</a>) as views of live pages. Uses {@code page} of the module {@code pages}, and no other package of it.
 * Templates are rendered on the thread that renders the view, which therefore notes the signals that they read.
 */
@NullMarked
package dev.carillon.jte;

import org.jspecify.annotations.NullMarked;
