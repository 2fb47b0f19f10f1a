package dev.carillon.page.classes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.page.Signal;
import dev.carillon.page.annotation.Audience;
import dev.carillon.page.annotation.FromSession;
import dev.carillon.page.annotation.Input;
import dev.carillon.page.annotation.LivePage;
import dev.carillon.page.annotation.PageAction;
import dev.carillon.page.annotation.PageView;
import dev.carillon.page.annotation.PathParameter;
import dev.carillon.page.annotation.Persisted;
import dev.carillon.page.annotation.Shared;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Mistakes of classes, which are told with class and member. */
class PageClassesTest {
    private static final String NAME = PageClassesTest.class.getName() + "$";

    private static void refused(Class<?> type, String message) {
        assertThatThrownBy(() -> new PageClasses().add(type))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("class " + message);
    }

    private static void incomplete(Class<?> type, String message, Object... provided) {
        PageClasses classes = new PageClasses();
        PageClasses.Declared _ = classes.add(type);
        List.of(provided).forEach(classes::provide);
        assertThatThrownBy(classes::complete)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("class " + type.getName() + ", its constructor: parameter " + message);
    }

    static final class NoPath {}

    @LivePage("/a")
    abstract static class Abstract {}

    @LivePage("/a")
    static final class TwoConstructors {
        TwoConstructors() {}

        TwoConstructors(int more) {
            assertThat(more).isPositive();
        }
    }

    @LivePage("/a")
    static final class Unstorable {
        @Persisted
        List<String> items = List.of();
    }

    @LivePage("/a")
    static final class Fixed {
        @Input
        final String text = "x";
    }

    @LivePage("/a")
    static final class TwoActions {
        @PageAction
        void add() {}

        @PageAction("add")
        void more() {}
    }

    @LivePage("/a")
    static final class WithParameter {
        @PageAction
        void add(int n) {
            assertThat(n).isPositive();
        }
    }

    @LivePage("/a")
    static final class NoHtml {
        @PageView
        int view() {
            return 1;
        }
    }

    @LivePage("/rooms/{id}")
    static final class WithArguments {
        WithArguments(
                @PathParameter("id") int id,
                AtomicInteger service,
                @Shared(name = "count", initial = "0") Signal<Integer> count) {
            assertThat(id + service.get() + count.get()).isPositive();
        }
    }

    @LivePage("/a")
    static final class WrongPath {
        WrongPath(@PathParameter("id") int id) {
            assertThat(id).isPositive();
        }
    }

    @LivePage("/a")
    static final class WrongInitial {
        WrongInitial(@Shared(name = "count") Signal<Integer> count) {
            assertThat(count).isNotNull();
        }
    }

    @LivePage("/a")
    static final class WrongAudience {
        WrongAudience(@Shared(name = "count", value = Audience.TAB, initial = "1") Signal<Integer> count) {
            assertThat(count).isNotNull();
        }
    }

    @LivePage("/a")
    static final class NotStored {
        NotStored(@FromSession("name") String name) {
            assertThat(name).isNotNull();
        }
    }

    @Test
    void members_that_break_a_rule_are_named() {
        refused(NoPath.class, NAME + "NoPath: has no annotation @LivePage with its path");
        refused(Abstract.class, NAME + "Abstract: must be neither abstract nor an inner class");
        refused(TwoConstructors.class, NAME + "TwoConstructors: must have one constructor, and has 2");
        refused(
                Unstorable.class,
                NAME
                        + "Unstorable, field items: a java.util.List<java.lang.String> cannot be stored: the field must be "
                        + "text, int, long, double, boolean or an enum; other values are signals with a SignalType of their own");
        refused(Fixed.class, NAME + "Fixed, field text: must be neither static nor final");
        refused(TwoActions.class, NAME + "TwoActions, method more: the action \"add\" is that of method add, too");
        refused(WithParameter.class, NAME + "WithParameter, method add: must have no parameters");
        refused(NoHtml.class, NAME + "NoHtml, method view: must return HTML as a String");
    }

    @Test
    void missing_arguments_are_named() {
        String missing =
                "2: the application provides no object of java.util.concurrent.atomic.AtomicInteger: give it one with App.provide";
        incomplete(WithArguments.class, missing);
        incomplete(
                WithArguments.class,
                "2: the application provides 2 objects of java.util.concurrent.atomic.AtomicInteger",
                new AtomicInteger(1),
                new AtomicInteger(2));
        incomplete(WrongPath.class, "1: the path /a has no parameter {id}");
        incomplete(WrongInitial.class, "1: initial \"\" must be a whole number");
        incomplete(
                WrongAudience.class,
                "1: a shared signal has a wider audience than the tab: a field with @Persisted has that");
        incomplete(NotStored.class, "1: must be a Stored of text, a number, a boolean or an enum");
    }

    @Test
    void class_with_all_arguments_is_complete() {
        PageClasses classes = new PageClasses();
        PageClasses.Declared page = classes.add(WithArguments.class);
        classes.provide(new AtomicInteger(1));

        classes.complete();

        assertThat(page.path()).isEqualTo("/rooms/{id}");
    }
}
