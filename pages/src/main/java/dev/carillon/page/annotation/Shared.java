package dev.carillon.page.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A parameter of type {@link dev.carillon.page.Signal} whose value all clients of an audience share, on all nodes. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.PARAMETER)
public @interface Shared {
    /** Of the signal. */
    String name();

    Audience value() default Audience.ROUTE;

    /** The value before the first write, as text. */
    String initial() default "";
}
