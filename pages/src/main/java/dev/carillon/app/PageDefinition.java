package dev.carillon.app;

import java.util.function.Consumer;

/** @param pattern path with parameters, without the base path */
record PageDefinition(String pattern, Consumer<Page> build) {}
