package dev.carillon.dist;

import dev.carillon.containers.Engine;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An image that others are made of: from an archive of a root file system that {@code build/containers.sh} made, or the public image that it pulled.
 *
 * @param isMade whether it is removed in the end
 */
record BaseImage(Engine engine, String name, boolean isMade) implements AutoCloseable {
    private static final String PUBLIC = "debian:bookworm-slim";

    /** The base of the product's image. */
    static BaseImage find(Engine engine) {
        return Files.exists(archive("base")) ? of(engine, "base") : new BaseImage(engine, PUBLIC, false);
    }

    /** Imports an archive. */
    static BaseImage of(Engine engine, String archive, String... changes) {
        Path file = archive(archive);
        if (!Files.exists(file)) {
            throw new IllegalStateException(file + " does not exist: run ./carillon test --full, which makes it");
        }
        String name = "localhost/carillon-test/" + archive + ":"
                + ProcessHandle.current().pid();
        String[] command = new String[changes.length * 2 + 3];
        command[0] = "import";
        for (int i = 0; i < changes.length; i++) {
            command[2 * i + 1] = "--change";
            command[2 * i + 2] = changes[i];
        }
        command[command.length - 2] = file.toString();
        command[command.length - 1] = name;
        engine.run(command);
        return new BaseImage(engine, name, true);
    }

    private static Path archive(String name) {
        String folder = System.getenv("CONTAINER_IMAGES");
        return Path.of(folder == null ? "../.cache/images" : folder).resolve(name + ".tar");
    }

    @Override
    public void close() {
        if (isMade) {
            engine.run("rmi", name);
        }
    }
}
