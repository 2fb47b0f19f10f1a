package dev.carillon.page.classes;

import dev.carillon.page.Page;
import dev.carillon.page.annotation.Elements;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The classes of an application's pages, and the objects for their constructors. Not thread-safe; complete before the application starts. */
public final class PageClasses {
    private final List<Object> provided = new ArrayList<>();
    private final List<Declared> all = new ArrayList<>();

    /** Adds an object for constructors. */
    public void provide(Object object) {
        provided.add(object);
    }

    /**
     * Adds a class.
     *
     * @throws IllegalArgumentException with the member that breaks a rule
     */
    public Declared add(Class<?> type) {
        Declared declared = new Declared(PageMembers.of(type));
        all.add(declared);
        return declared;
    }

    /**
     * Finds the arguments of all constructors; called when the application starts.
     *
     * @throws IllegalArgumentException with the parameter that has none
     */
    public void complete() {
        all.forEach(Declared::complete);
    }

    /** A class of pages. */
    public final class Declared implements Consumer<Page> {
        private final PageMembers members;
        private volatile @Nullable ClassPage page;

        private Declared(PageMembers members) {
            this.members = members;
        }

        public String path() {
            return members.path();
        }

        private void complete() {
            Argument argument = new Argument(members.constructor(), provided);
            List<BiFunction<Page, Elements, Object>> arguments = new ArrayList<>();
            for (Parameter parameter : members.constructor().getParameters()) {
                arguments.add(argument.of(parameter, arguments.size() + 1, members.path()));
            }
            page = new ClassPage(members, arguments);
        }

        @Override
        public void accept(Page declared) {
            ClassPage known = page;
            if (known == null) {
                throw new IllegalStateException("the application has not started");
            }
            known.declare(declared);
        }
    }
}
