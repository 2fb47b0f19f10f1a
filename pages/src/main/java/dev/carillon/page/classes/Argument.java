package dev.carillon.page.classes;

import dev.carillon.page.Page;
import dev.carillon.page.SessionValue;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.page.Stored;
import dev.carillon.page.annotation.Audience;
import dev.carillon.page.annotation.Elements;
import dev.carillon.page.annotation.FromSession;
import dev.carillon.page.annotation.PathParameter;
import dev.carillon.page.annotation.Shared;
import dev.carillon.scope.Scope;
import java.lang.reflect.Constructor;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Collection;
import java.util.List;
import java.util.function.BiFunction;

/** Where the arguments of the constructor of a page come from. */
final class Argument {
    private final Constructor<?> constructor;
    private final Collection<Object> provided;

    /** @param provided objects of the application */
    Argument(Constructor<?> constructor, Collection<Object> provided) {
        this.constructor = constructor;
        this.provided = provided;
    }

    /** The source of one argument: a function of the page that is declared, and of its parts. */
    BiFunction<Page, Elements, Object> of(Parameter parameter, int place, String path) {
        PathParameter inPath = parameter.getAnnotation(PathParameter.class);
        if (inPath != null) {
            return ofPath(parameter, place, inPath.value(), path);
        }
        Shared shared = parameter.getAnnotation(Shared.class);
        if (shared != null) {
            return ofShared(parameter, place, shared);
        }
        FromSession session = parameter.getAnnotation(FromSession.class);
        if (session != null) {
            return ofSession(parameter, place, session);
        }
        Class<?> type = parameter.getType();
        if (type == Page.class) {
            return (page, elements) -> page;
        }
        if (type == Elements.class) {
            return (page, elements) -> elements;
        }
        List<Object> fitting = provided.stream().filter(type::isInstance).toList();
        if (fitting.size() != 1) {
            throw wrong(
                    place,
                    "the application provides "
                            + (fitting.isEmpty() ? "no object" : fitting.size() + " objects") + " of "
                            + type.getName() + (fitting.isEmpty() ? ": give it one with App.provide" : ""));
        }
        Object only = fitting.getFirst();
        return (page, elements) -> only;
    }

    private BiFunction<Page, Elements, Object> ofPath(Parameter parameter, int place, String name, String path) {
        if (!path.contains("{" + name + "}")) {
            throw wrong(place, "the path " + path + " has no parameter {" + name + "}");
        }
        SignalType<?> type = scalar(parameter.getType(), place);
        return (page, elements) -> page.path(name, type::read);
    }

    private BiFunction<Page, Elements, Object> ofShared(Parameter parameter, int place, Shared shared) {
        SignalType<?> type = scalar(inside(parameter, Signal.class, place), place);
        if (shared.value() == Audience.TAB) {
            throw wrong(place, "a shared signal has a wider audience than the tab: a field with @Persisted has that");
        }
        requireInitial(type, shared.initial(), place);
        return (page, elements) -> signal(page, shared, type);
    }

    private static <T> Signal<T> signal(Page page, Shared shared, SignalType<T> type) {
        return page.shared(scope(page, shared.value()), shared.name(), type.read(shared.initial()), type);
    }

    /** Not of the tab, which has no name for it. */
    static Scope scope(Page page, Audience audience) {
        return switch (audience) {
            case SESSION -> page.session();
            case ROUTE -> page.route();
            case GLOBAL -> Scope.GLOBAL;
            case TAB -> throw new IllegalArgumentException("the tab");
        };
    }

    private BiFunction<Page, Elements, Object> ofSession(Parameter parameter, int place, FromSession session) {
        SignalType<?> type = scalar(inside(parameter, Stored.class, place), place);
        requireInitial(type, session.initial(), place);
        return (page, elements) -> stored(page, session, type);
    }

    private static <T> Stored<T> stored(Page page, FromSession session, SignalType<T> type) {
        return page.session(new SessionValue<>(session.value(), type.read(session.initial()), type));
    }

    private void requireInitial(SignalType<?> type, String initial, int place) {
        try {
            Object _ = type.read(initial);
        } catch (IllegalArgumentException e) {
            throw wrong(place, "initial \"" + initial + "\" " + e.getMessage());
        }
    }

    private SignalType<?> scalar(Class<?> type, int place) {
        SignalType<?> scalar = ScalarTypes.of(type);
        if (scalar == null) {
            throw wrong(place, "a " + type.getName() + " cannot be stored: it " + ScalarTypes.RULE);
        }
        return scalar;
    }

    /** The type argument of a parameter of this type. */
    private Class<?> inside(Parameter parameter, Class<?> outer, int place) {
        Type type = parameter.getParameterizedType();
        if (parameter.getType() == outer
                && type instanceof ParameterizedType generic
                && generic.getActualTypeArguments()[0] instanceof Class<?> inner) {
            return inner;
        }
        throw wrong(place, "must be a " + outer.getSimpleName() + " of text, a number, a boolean or an enum");
    }

    private PageClassException wrong(int place, String rule) {
        return new PageClassException(constructor, "parameter " + place + ": " + rule);
    }
}
