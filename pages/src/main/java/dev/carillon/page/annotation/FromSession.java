package dev.carillon.page.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A parameter of type {@link dev.carillon.page.Stored}: a value of the browser's session. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.PARAMETER)
public @interface FromSession {
    /** The name of the value. */
    String value();

    /** The value before the first write, as text. */
    String initial() default "";
}
