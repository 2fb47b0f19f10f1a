package dev.carillon.page.classes;

import dev.carillon.page.Action;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.Views;
import dev.carillon.page.annotation.Audience;
import dev.carillon.page.annotation.Elements;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * A class of pages, whose members have been checked. Declares an object of it as a page: its fields are signals, which are read before each of its methods, and
 * written after it.
 */
final class ClassPage {
    private final PageMembers members;
    private final List<BiFunction<Page, Elements, Object>> arguments;

    ClassPage(PageMembers members, List<BiFunction<Page, Elements, Object>> arguments) {
        this.members = members;
        this.arguments = List.copyOf(arguments);
    }

    void declare(Page page) {
        Opened opened = new Opened();
        Object[] values =
                arguments.stream().map(argument -> argument.apply(page, opened)).toArray();
        opened.declare(page, Invocation.create(members.constructor(), values));
    }

    /** One object. Its fields are used under the lock of its context. */
    private final class Opened implements Elements {
        private final Map<String, Action> actions = new LinkedHashMap<>();
        private final Map<String, Signal<?>> inputs = new LinkedHashMap<>();
        private final List<StateField.Bound<?>> fields = new ArrayList<>();

        void declare(Page page, Object object) {
            if (!members.title().isEmpty()) {
                page.title(members.title());
            }
            for (StateField<?> state : members.fields()) {
                StateField.Bound<?> bound = state.declare(page, object);
                fields.add(bound);
                if (state.input()) {
                    inputs.put(state.field().getName(), bound.signal());
                }
            }
            members.actions()
                    .forEach((name, method) -> actions.put(name, page.action(name, () -> run(object, method))));
            members.views().forEach((name, view) -> declare(page, object, name, view));
            members.onConnect().forEach(method -> page.onConnect(() -> run(object, method)));
            members.onDisconnect().forEach(method -> page.onDisconnect(() -> run(object, method)));
            members.onClose().forEach(method -> page.onClose(() -> run(object, method)));
            Method layout = members.layout();
            if (layout != null) {
                page.layout(views -> layout(object, layout, views));
            }
        }

        private void declare(Page page, Object object, String name, PageMembers.View view) {
            if (view.audience() == Audience.TAB) {
                page.view(name, () -> {
                    load(object);
                    return html(object, view.method());
                });
            } else {
                // Rendered for many objects: reading the fields of one would be an error.
                page.view(Argument.scope(page, view.audience()), name, () -> html(object, view.method()));
            }
        }

        private String layout(Object object, Method layout, Views views) {
            load(object);
            return String.valueOf(Invocation.call(layout, object, views));
        }

        private void load(Object object) {
            fields.forEach(field -> field.load(object));
        }

        /** What the method has changed before it fails is kept, as in other pages. */
        private void run(Object object, Method method) {
            load(object);
            try {
                boolean _ = Invocation.call(method, object) == null;
            } finally {
                fields.forEach(field -> field.store(object));
            }
        }

        @Override
        public Action action(String name) {
            Action action = actions.get(name);
            if (action == null) {
                throw new IllegalArgumentException("the page has no action \"" + name + "\", but " + actions.keySet());
            }
            return action;
        }

        @Override
        public String field(String name) {
            Signal<?> input = inputs.get(name);
            if (input == null) {
                throw new IllegalArgumentException("the page has no input \"" + name + "\", but " + inputs.keySet());
            }
            return Page.field(input);
        }
    }

    private static String html(Object object, Method method) {
        Object html = Invocation.call(method, object);
        if (html == null) {
            throw new IllegalStateException("method " + method.getName() + " returned null");
        }
        return (String) html;
    }
}
