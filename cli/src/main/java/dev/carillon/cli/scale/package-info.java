/**
 * The commands {@code bench scale}, {@code bench limit} and {@code bench rehearse}: read options and files, call the lab, and write what it
 * measures. Uses {@code cli.base}, the lab and the files of proxies.
 */
@NullMarked
package dev.carillon.cli.scale;

import org.jspecify.annotations.NullMarked;
