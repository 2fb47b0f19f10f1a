package dev.carillon.page.annotation;

import dev.carillon.page.SignalType;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** As {@link Persisted}, and the browser may write it: an action first sets it to the form field of this name. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
public @interface Input {
    /** Maximum length of a text. */
    int maxChars() default SignalType.TEXT_MAX_CHARS;
}
