package dev.carillon.page.context;

import dev.carillon.page.Page;
import java.util.function.Consumer;

/** @param pattern path with parameters, without the base path */
public record PageDefinition(String pattern, Consumer<Page> build) {}
