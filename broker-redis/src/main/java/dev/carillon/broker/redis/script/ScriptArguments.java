package dev.carillon.broker.redis.script;

import dev.carillon.base.Text;
import java.util.ArrayList;
import java.util.List;

/** Encodes arguments of scripts: bytes unchanged, everything else as text. */
public final class ScriptArguments {
    private ScriptArguments() {}

    public static List<byte[]> of(Object... values) {
        List<byte[]> arguments = new ArrayList<>(values.length);
        for (Object value : values) {
            arguments.add(value instanceof byte[] bytes ? bytes : Text.utf8(value.toString()));
        }
        return arguments;
    }
}
