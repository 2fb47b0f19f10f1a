package dev.carillon.page.classes;

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;

/** A class that cannot be a page: names the class, the member and the rule. */
final class PageClassException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    PageClassException(Class<?> type, String rule) {
        super("class " + type.getName() + ": " + rule);
    }

    PageClassException(Member member, String rule) {
        super("class " + member.getDeclaringClass().getName() + ", " + shown(member) + ": " + rule);
    }

    private static String shown(Member member) {
        return switch (member) {
            case Field field -> "field " + field.getName();
            case Method method -> "method " + method.getName();
            case Constructor<?> _ -> "its constructor";
            default -> member.getName();
        };
    }
}
