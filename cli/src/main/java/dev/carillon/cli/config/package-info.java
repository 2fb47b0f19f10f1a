/** What a configuration of a node sets, where each value comes from, and everything that is wrong with it. Uses {@code cli.base} and {@code server}. */
@NullMarked
package dev.carillon.cli.config;

import org.jspecify.annotations.NullMarked;
