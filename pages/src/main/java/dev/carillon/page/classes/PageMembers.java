package dev.carillon.page.classes;

import dev.carillon.page.Views;
import dev.carillon.page.annotation.Arrangement;
import dev.carillon.page.annotation.Audience;
import dev.carillon.page.annotation.LivePage;
import dev.carillon.page.annotation.OnClose;
import dev.carillon.page.annotation.OnConnect;
import dev.carillon.page.annotation.OnDisconnect;
import dev.carillon.page.annotation.PageAction;
import dev.carillon.page.annotation.PageView;
import java.lang.annotation.Annotation;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The members of a class of pages, checked.
 *
 * @param layout null: all views follow each other
 */
record PageMembers(
        String path,
        String title,
        Constructor<?> constructor,
        List<StateField<?>> fields,
        Map<String, Method> actions,
        Map<String, View> views,
        List<Method> onConnect,
        List<Method> onDisconnect,
        List<Method> onClose,
        @Nullable Method layout) {
    record View(Method method, Audience audience) {}

    /** @throws PageClassException with the member that breaks a rule */
    static PageMembers of(Class<?> type) {
        LivePage page = type.getAnnotation(LivePage.class);
        if (page == null) {
            throw new PageClassException(type, "has no annotation @LivePage with its path");
        }
        boolean inner = type.getEnclosingClass() != null && !Modifier.isStatic(type.getModifiers());
        if (type.isInterface() || Modifier.isAbstract(type.getModifiers()) || inner) {
            throw new PageClassException(type, "must be neither abstract nor an inner class");
        }
        List<Method> methods = methods(type);
        return new PageMembers(
                page.value(),
                page.title(),
                constructor(type),
                fields(type),
                actions(methods),
                views(methods),
                hooks(methods, OnConnect.class),
                hooks(methods, OnDisconnect.class),
                hooks(methods, OnClose.class),
                layout(methods));
    }

    private static Constructor<?> constructor(Class<?> type) {
        Constructor<?>[] all = type.getDeclaredConstructors();
        if (all.length != 1) {
            throw new PageClassException(type, "must have one constructor, and has " + all.length);
        }
        return open(all[0], all[0]);
    }

    /** Lets this package use a member. */
    private static <T extends AccessibleObject> T open(T object, Member member) {
        try {
            object.setAccessible(true);
            return object;
        } catch (InaccessibleObjectException e) {
            throw new PageClassException(
                    member,
                    "cannot be used: let its module open the package "
                            + member.getDeclaringClass().getPackageName() + " to dev.carillon.pages");
        }
    }

    private static List<StateField<?>> fields(Class<?> type) {
        Map<String, StateField<?>> fields = new LinkedHashMap<>();
        for (Class<?> at = type; at != null && at != Object.class; at = at.getSuperclass()) {
            for (Field field : at.getDeclaredFields()) {
                StateField<?> state = StateField.of(field);
                if (state != null && fields.putIfAbsent(field.getName(), state) != null) {
                    throw new PageClassException(field, "another field of the page has this name");
                }
                if (state != null) {
                    Field _ = open(field, field);
                }
            }
        }
        return List.copyOf(fields.values());
    }

    /** In the order of their names, as classes have none: the layout arranges views. */
    private static List<Method> methods(Class<?> type) {
        List<Method> all = new ArrayList<>();
        for (Class<?> at = type; at != null && at != Object.class; at = at.getSuperclass()) {
            Arrays.stream(at.getDeclaredMethods())
                    .filter(method -> !method.isSynthetic())
                    .forEach(all::add);
        }
        all.sort(Comparator.comparing(Method::getName));
        return all;
    }

    private static Map<String, Method> actions(List<Method> methods) {
        Map<String, Method> actions = new LinkedHashMap<>();
        for (Method method : methods) {
            PageAction action = method.getAnnotation(PageAction.class);
            if (action != null) {
                requireParameters(method);
                String name = action.value().isEmpty() ? method.getName() : action.value();
                requireNew(actions.putIfAbsent(name, open(method, method)), method, "action", name);
            }
        }
        return actions;
    }

    private static Map<String, View> views(List<Method> methods) {
        Map<String, View> views = new LinkedHashMap<>();
        for (Method method : methods) {
            PageView view = method.getAnnotation(PageView.class);
            if (view != null) {
                requireParameters(method);
                requireHtml(method);
                String name = view.name().isEmpty() ? method.getName() : view.name();
                View before = views.putIfAbsent(name, new View(open(method, method), view.value()));
                requireNew(before == null ? null : before.method(), method, "view", name);
            }
        }
        return views;
    }

    private static List<Method> hooks(List<Method> methods, Class<? extends Annotation> kind) {
        return methods.stream()
                .filter(method -> method.isAnnotationPresent(kind))
                .map(method -> {
                    requireParameters(method);
                    return open(method, method);
                })
                .toList();
    }

    private static @Nullable Method layout(List<Method> methods) {
        List<Method> all = methods.stream()
                .filter(method -> method.isAnnotationPresent(Arrangement.class))
                .toList();
        if (all.isEmpty()) {
            return null;
        }
        Method layout = all.getFirst();
        if (all.size() > 1) {
            throw new PageClassException(all.get(1), "the page has an @Arrangement already: " + layout.getName());
        }
        requireParameters(layout, Views.class);
        requireHtml(layout);
        return open(layout, layout);
    }

    private static void requireParameters(Method method, Class<?>... types) {
        if (!Arrays.equals(method.getParameterTypes(), types)) {
            throw new PageClassException(
                    method, types.length == 0 ? "must have no parameters" : "must have one parameter, the Views");
        }
        if (Modifier.isStatic(method.getModifiers())) {
            throw new PageClassException(method, "must not be static");
        }
    }

    private static void requireHtml(Method method) {
        if (method.getReturnType() != String.class) {
            throw new PageClassException(method, "must return HTML as a String");
        }
    }

    private static void requireNew(@Nullable Method before, Method method, String kind, String name) {
        if (before != null) {
            throw new PageClassException(
                    method, "the " + kind + " \"" + name + "\" is that of method " + before.getName() + ", too");
        }
    }
}
