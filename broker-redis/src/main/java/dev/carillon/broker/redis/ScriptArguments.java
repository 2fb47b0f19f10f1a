package dev.carillon.broker.redis;

import dev.carillon.base.Text;
import java.util.ArrayList;
import java.util.List;

/** Encodes arguments of scripts: bytes unchanged, everything else as text. */
final class ScriptArguments {
    private ScriptArguments() {}

    static List<byte[]> of(Object... values) {
        List<byte[]> arguments = new ArrayList<>(values.length);
        for (Object value : values) {
            arguments.add(value instanceof byte[] bytes ? bytes : Text.utf8(value.toString()));
        }
        return arguments;
    }
}
