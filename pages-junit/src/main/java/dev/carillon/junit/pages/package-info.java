/**
 * Browsers and tabs for tests of live pages. A tab does what the script of a page does: it follows the stream, applies patches to the document, and sends
 * forms. Runs on the thread of the test; each tab has a virtual thread for its stream.
 */
@NullMarked
package dev.carillon.junit.pages;

import org.jspecify.annotations.NullMarked;
