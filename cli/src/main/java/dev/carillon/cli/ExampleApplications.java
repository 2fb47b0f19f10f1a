package dev.carillon.cli;

import dev.carillon.examples.lightshow.Lightshow;
import dev.carillon.examples.pages.Examples;
import dev.carillon.extension.Extension;
import dev.carillon.extension.ExtensionContext;

/** The applications that {@code up} shows. */
final class ExampleApplications implements Extension {
    @Override
    public AutoCloseable start(ExtensionContext node) {
        AutoCloseable lightshow = new Lightshow().start(node);
        AutoCloseable examples = new Examples().start(node);
        return () -> {
            try (lightshow) {
                examples.close();
            }
        };
    }
}
