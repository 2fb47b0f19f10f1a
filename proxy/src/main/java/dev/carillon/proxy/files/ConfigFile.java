package dev.carillon.proxy.files;

/**
 * A configuration file.
 *
 * @param name without a directory
 * @param text ends with a line end
 */
public record ConfigFile(String name, String text) {}
