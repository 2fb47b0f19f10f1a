package dev.carillon.page.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A field whose value belongs to the tab: it is saved with the page, and the page has it when it goes on at another node. Views of the tab are rendered again when it has changed. Its type is text, a number, a boolean or an enum, and it has an initial value. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
public @interface Persisted {}
