package dev.carillon.page.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A view of the page: a method without parameters that returns HTML. One for more than the tab is rendered once for all, so it may use shared signals alone, and no fields. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface PageView {
    Audience value() default Audience.TAB;

    /** The name; empty: that of the method. */
    String name() default "";
}
