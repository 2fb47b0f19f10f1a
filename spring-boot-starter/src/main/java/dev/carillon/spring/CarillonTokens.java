package dev.carillon.spring;

import org.jspecify.annotations.Nullable;

/** Supplies the application's tokens, in place of {@code carillon.token}. A bean of this type is called for each request, and when a token expires. */
@FunctionalInterface
public interface CarillonTokens {
    /** A valid token; null: none. It should be kept until shortly before it expires. It may block. */
    @Nullable
    String token();
}
