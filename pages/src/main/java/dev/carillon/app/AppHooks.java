package dev.carillon.app;

import dev.carillon.extension.ExtensionContext;
import dev.carillon.page.OpenPage;
import dev.carillon.page.context.PageListener;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an application does when its nodes start and stop, and when tabs connect and disconnect. A failure of one hook keeps no other from running. */
final class AppHooks implements PageListener {
    private static final Logger LOGGER = LoggerFactory.getLogger(AppHooks.class);

    // Written before the application starts.
    final List<Consumer<ExtensionContext>> start = new ArrayList<>();
    final List<Consumer<ExtensionContext>> shutdown = new ArrayList<>();
    final List<Consumer<OpenPage>> connect = new ArrayList<>();
    final List<Consumer<OpenPage>> disconnect = new ArrayList<>();

    @Override
    public void connected(OpenPage page) {
        run("onConnect", connect, page);
    }

    @Override
    public void disconnected(OpenPage page) {
        run("onDisconnect", disconnect, page);
    }

    void shutdown(ExtensionContext node) {
        run("onShutdown", shutdown, node);
    }

    private static <T> void run(String name, List<Consumer<T>> hooks, T argument) {
        for (Consumer<T> hook : hooks) {
            try {
                hook.accept(argument);
            } catch (Exception e) {
                LOGGER.atError().addKeyValue("hook", name).setCause(e).log("a hook of the application failed");
            }
        }
    }
}
