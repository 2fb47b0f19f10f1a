/** What a node would say of a token, in words. Uses {@code server}. */
@NullMarked
package dev.carillon.cli.token;

import org.jspecify.annotations.NullMarked;
