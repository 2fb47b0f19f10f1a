package dev.carillon.junit;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/** Starts the nodes of {@link CarillonTest}. JUnit closes them with the context of the class or the method. */
public final class CarillonParameter implements ParameterResolver, BeforeEachCallback {
    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(CarillonParameter.class);

    /** For JUnit. */
    public CarillonParameter() {}

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType().equals(CarillonNode.class);
    }

    @Override
    public CarillonNode resolveParameter(ParameterContext parameter, ExtensionContext context) {
        ExtensionContext ofClass = annotated(context);
        CarillonTest options = AnnotationSupport.findAnnotation(ofClass.getRequiredTestClass(), CarillonTest.class)
                .orElseThrow();
        boolean inMethod = context.getTestMethod().isPresent();
        if (options.perMethod() && !inMethod) {
            throw new ParameterResolutionException(
                    "@CarillonTest(perMethod = true) has nodes for methods only, not for constructors and @BeforeAll");
        }
        ExtensionContext owner = options.perMethod() ? context : ofClass;
        return owner.getStore(NAMESPACE)
                .computeIfAbsent(CarillonNode.class, key -> started(options), CarillonNode.class);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        CarillonNode shared = ofClass(context).getStore(NAMESPACE).get(CarillonNode.class, CarillonNode.class);
        if (shared != null) {
            shared.broadcasts().clear();
        }
    }

    private static CarillonNode started(CarillonTest options) {
        CarillonNode.Builder builder = CarillonNode.inMemory().nodes(options.nodes());
        for (String setting : options.settings()) {
            int equals = setting.indexOf('=');
            if (equals < 1) {
                throw new ParameterResolutionException(
                        "settings: must have the form name=value, such as \"anonymous=false\", not \"" + setting + '"');
            }
            builder.set(setting.substring(0, equals), setting.substring(equals + 1));
        }
        return builder.start();
    }

    /** The context of the class with the annotation: that of the method, or one around it. */
    private static ExtensionContext annotated(ExtensionContext context) {
        @Nullable ExtensionContext each = context;
        while (each != null) {
            if (each.getTestMethod().isEmpty()
                    && AnnotationSupport.isAnnotated(each.getTestClass(), CarillonTest.class)) {
                return each;
            }
            each = each.getParent().orElse(null);
        }
        throw new ParameterResolutionException("the class, or one around it, needs the annotation @CarillonTest");
    }

    /** The context of the class that a method belongs to. */
    private static ExtensionContext ofClass(ExtensionContext context) {
        @Nullable ExtensionContext each = context;
        while (each != null && each.getTestMethod().isPresent()) {
            each = each.getParent().orElse(null);
        }
        return each == null ? context : each;
    }
}
