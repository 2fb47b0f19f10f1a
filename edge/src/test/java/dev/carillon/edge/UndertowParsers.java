package dev.carillon.edge;

import io.undertow.UndertowOptions;
import io.undertow.conduits.ChunkedStreamSourceConduit;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.AbstractAttachable;
import io.undertow.util.BadRequestException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.xnio.OptionMap;
import org.xnio.conduits.PushBackStreamSourceConduit;
import org.xnio.conduits.StreamSourceConduit;

/** Undertow's parsers of HTTP/1.1 with the options of node and proxy, without a connection. */
final class UndertowParsers {
    private static final OptionMap OPTIONS = OptionMap.builder()
            .set(UndertowOptions.ALLOW_UNESCAPED_CHARACTERS_IN_URL, true)
            .set(UndertowOptions.DECODE_URL, false)
            .getMap();
    private static final DefaultByteBufferPool POOL = new DefaultByteBufferPool(false, 1024);
    private static final String PACKAGE = "io.undertow.server.protocol.http.";

    private static final MethodHandle PARSE;
    private static final MethodHandle STATE;
    private static final MethodHandle IS_COMPLETE;

    static {
        try {
            Class<?> parser = Class.forName(PACKAGE + "RequestParser");
            Class<?> state = Class.forName(PACKAGE + "RequestState");
            MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(parser, MethodHandles.lookup());
            Object instance = lookup.findStatic(parser, "instance", MethodType.methodType(parser, OptionMap.class))
                    .invoke(OPTIONS);
            PARSE = lookup.findVirtual(
                            parser,
                            "handle",
                            MethodType.methodType(void.class, ByteBuffer.class, state, HttpServerExchange.class))
                    .bindTo(instance);
            STATE = lookup.findConstructor(state, MethodType.methodType(void.class));
            IS_COMPLETE = lookup.findVirtual(state, "isComplete", MethodType.methodType(boolean.class));
        } catch (Throwable e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private UndertowParsers() {}

    /** @param length number of bytes of the chunked body, including its framing */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Body(byte[] content, int length) {}

    /** Parses a complete head; null: it is refused. Fails unless the head ends with the last byte. */
    static @Nullable HttpServerExchange head(byte[] bytes) {
        HttpServerExchange exchange = new HttpServerExchange(null, -1);
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        try {
            Object state = STATE.invoke();
            PARSE.invoke(buffer, state, exchange);
            if (!(boolean) IS_COMPLETE.invoke(state) || buffer.hasRemaining()) {
                throw new AssertionError("a head of " + bytes.length + " bytes is another one for Undertow");
            }
            return exchange;
        } catch (BadRequestException e) {
            return null;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("not declared", e);
        }
    }

    /** Parses a complete chunked body, split into parts of this size, and the bytes after it; null: it is refused. */
    static @Nullable Body body(byte[] bytes, int each) {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        StreamSourceConduit source = source(left, each);
        PushBackStreamSourceConduit behind = new PushBackStreamSourceConduit(source);
        try {
            ChunkedStreamSourceConduit chunks =
                    new ChunkedStreamSourceConduit(behind, behind, POOL, x -> {}, new Attachments(), () -> {});
            byte[] content = readAll(chunks);
            return new Body(content, bytes.length - readAll(behind).length);
        } catch (IOException e) {
            return null;
        }
    }

    private static byte[] readAll(StreamSourceConduit from) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer some = ByteBuffer.allocate(64);
        for (int n = from.read(some); n >= 0; n = from.read(some.clear())) {
            all.write(some.array(), 0, n);
        }
        return all.toByteArray();
    }

    private static StreamSourceConduit source(ByteBuffer left, int each) {
        return (StreamSourceConduit) Proxy.newProxyInstance(
                UndertowParsers.class.getClassLoader(),
                new Class<?>[] {StreamSourceConduit.class},
                (proxy, method, arguments) -> {
                    if (!method.getName().equals("read") || !(arguments[0] instanceof ByteBuffer to)) {
                        throw new UnsupportedOperationException(method.getName());
                    }
                    int n = Math.min(Math.min(each, left.remaining()), to.remaining());
                    to.put(left.slice(left.position(), n));
                    left.position(left.position() + n);
                    return n == 0 ? -1 : n;
                });
    }

    private static final class Attachments extends AbstractAttachable {}
}
