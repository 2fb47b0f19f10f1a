package dev.carillon.page.classes;

import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.page.annotation.Input;
import dev.carillon.page.annotation.Persisted;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import org.jspecify.annotations.Nullable;

/**
 * A field whose value is that of a signal of the tab.
 *
 * @param input whether the browser may write it
 */
record StateField<T>(Field field, SignalType<T> type, boolean input) {
    /** Null: the field is one of the class alone. */
    static @Nullable StateField<?> of(Field field) {
        Input input = field.getAnnotation(Input.class);
        if (input == null && !field.isAnnotationPresent(Persisted.class)) {
            return null;
        }
        if (Modifier.isStatic(field.getModifiers()) || Modifier.isFinal(field.getModifiers())) {
            throw new PageClassException(field, "must be neither static nor final");
        }
        SignalType<?> type =
                input == null ? ScalarTypes.of(field.getType()) : ScalarTypes.of(field.getType(), input.maxChars());
        if (type == null) {
            throw new PageClassException(
                    field,
                    "a " + field.getGenericType().getTypeName() + " cannot be stored: the field " + ScalarTypes.RULE
                            + "; other values are signals with a SignalType of their own");
        }
        return new StateField<>(field, type, input != null);
    }

    Bound<T> declare(Page page, Object object) {
        T initial = value(object);
        return new Bound<>(
                this, input ? page.input(field.getName(), initial, type) : page.signal(field.getName(), initial, type));
    }

    @SuppressWarnings("unchecked") // The type of the field.
    private T value(Object object) {
        Object value = Invocation.get(field, object);
        if (value == null) {
            throw new PageClassException(field, "must have a value that is not null");
        }
        return (T) value;
    }

    /** The field of one object, and its signal. */
    record Bound<T>(StateField<T> state, Signal<T> signal) {
        /** Gives the field the value of the signal; a view then depends on it. */
        void load(Object object) {
            T value = signal.get();
            Invocation.set(state.field(), object, value);
        }

        /** Gives the signal the value of the field. */
        void store(Object object) {
            T value = state.value(object);
            if (!value.equals(signal.get())) {
                signal.set(value);
            }
        }
    }
}
