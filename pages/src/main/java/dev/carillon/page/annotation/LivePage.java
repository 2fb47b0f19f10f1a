package dev.carillon.page.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A class whose objects are the pages of one path: one for each context. It has one constructor, whose parameters are {@link dev.carillon.page.Page}, {@link Elements}, objects that the application provides, {@link Shared}, {@link PathParameter} and {@link FromSession}. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface LivePage {
    /** The path below that of the group, as for {@link dev.carillon.app.App#page(String, java.util.function.Consumer)}. */
    String value();

    /** The title; empty: the path. */
    String title() default "";
}
