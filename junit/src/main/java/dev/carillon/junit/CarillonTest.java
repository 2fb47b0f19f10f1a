package dev.carillon.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/** Test methods, constructors and life-cycle methods of the class, and of those nested in it, may have a parameter of type {@link CarillonNode}, which is started for them. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ExtendWith(CarillonParameter.class)
public @interface CarillonTest {
    /** Number of nodes of one cluster. */
    int nodes() default 1;

    /** Whether each test method has nodes of its own; they are for methods only then, not for constructors and {@code @BeforeAll}. */
    boolean perMethod() default false;

    /** Settings as in a configuration file, such as {@code "anonymous=false"}. */
    String[] settings() default {};
}
