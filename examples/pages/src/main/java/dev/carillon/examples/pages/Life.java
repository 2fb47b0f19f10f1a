package dev.carillon.examples.pages;

import dev.carillon.page.Action;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.scope.Scope;
import java.time.Duration;
import java.util.BitSet;

/** The Game of Life, one for everybody: the first tab that finds a generation half a second old computes the next one. */
final class Life {
    static final int WIDTH = 40;
    static final int HEIGHT = 24;
    private static final long STEP_MILLIS = 500;

    private static final SignalType<World> WORLD = SignalType.of("must be a world", World::text, World::of);

    private Life() {}

    /**
     * One generation; the edges are joined.
     *
     * @param time when it was computed, in milliseconds
     */
    record World(long time, long generation, BitSet cells) {
        static final World FIRST =
                new World(0, 0, new BitSet()).with(3, 3).with(20, 12).with(30, 5);

        /** With a glider. */
        World with(int x, int y) {
            BitSet next = (BitSet) cells.clone();
            int[][] glider = {{1, 0}, {2, 1}, {0, 2}, {1, 2}, {2, 2}};
            for (int[] cell : glider) {
                next.set(index(x + cell[0], y + cell[1]));
            }
            return new World(time, generation, next);
        }

        boolean due(long now) {
            return now - time >= STEP_MILLIS;
        }

        World next(long now) {
            BitSet next = new BitSet();
            for (int y = 0; y < HEIGHT; y++) {
                for (int x = 0; x < WIDTH; x++) {
                    int neighbours = neighbours(x, y);
                    next.set(index(x, y), neighbours == 3 || neighbours == 2 && cells.get(index(x, y)));
                }
            }
            return new World(now, generation + 1, next);
        }

        private int neighbours(int x, int y) {
            int neighbours = 0;
            for (int dy = -1; dy <= 1; dy++) {
                for (int dx = -1; dx <= 1; dx++) {
                    neighbours += (dx != 0 || dy != 0) && cells.get(index(x + dx, y + dy)) ? 1 : 0;
                }
            }
            return neighbours;
        }

        private static int index(int x, int y) {
            return Math.floorMod(y, HEIGHT) * WIDTH + Math.floorMod(x, WIDTH);
        }

        String text() {
            StringBuilder text = new StringBuilder(time + " " + generation);
            for (long word : cells.toLongArray()) {
                text.append(' ').append(Long.toHexString(word));
            }
            return text.toString();
        }

        static World of(String text) {
            String[] parts = text.split(" ", -1);
            long[] words = new long[parts.length - 2];
            for (int i = 0; i < words.length; i++) {
                words[i] = Long.parseUnsignedLong(parts[i + 2], 16);
            }
            return new World(Long.parseLong(parts[0]), Long.parseLong(parts[1]), BitSet.valueOf(words));
        }
    }

    static void page(Page page) {
        page.title("Game of Life");
        Signal<World> world = world(page);
        Signal<Boolean> running = running(page);
        Action glider = page.action(
                "glider",
                () -> world.update(old -> old.with((int) (7 * old.generation()), (int) (5 * old.generation()))));
        Action toggle = page.action("toggle", () -> running.update(before -> !before));
        Action clear =
                page.action("clear", () -> world.update(old -> new World(old.time(), old.generation(), new BitSet())));

        page.view(page.route(), "world", () -> html(world.get()));
        page.view(
                page.route(),
                "tools",
                () -> toggle.button(running.get() ? "Pause" : "Go on")
                        + glider.button("Add a glider")
                        + clear.button("Clear"));
        page.layout(views -> "<main><h1>Game of Life</h1>" + views.view("world") + views.view("tools")
                + "<p>Everybody watches the same world, on every node, and anybody may change it.</p></main>");
    }

    /** The world, which moves while a page that shows it is open. */
    static Signal<World> world(Page page) {
        Signal<World> world = page.shared(Scope.route("/life"), "world", World.FIRST, WORLD);
        Signal<Boolean> running = running(page);
        page.every(Duration.ofMillis(250), () -> {
            long now = System.currentTimeMillis();
            if (running.get() && world.get().due(now)) {
                world.update(old -> old.due(now) ? old.next(now) : old);
            }
        });
        return world;
    }

    private static Signal<Boolean> running(Page page) {
        return page.shared(Scope.route("/life"), "running", true);
    }

    /** One path for all cells: a picture of some hundred bytes, not an element for each cell. */
    static String picture(World world) {
        return "<svg class=\"world\" viewBox=\"0 0 " + WIDTH + " " + HEIGHT
                + "\" role=\"img\" aria-label=\"The world\"><path d=\"" + path(world.cells()) + "\"/></svg>";
    }

    private static String html(World world) {
        return picture(world) + "<p role=\"status\">Generation " + world.generation() + ", "
                + world.cells().cardinality() + " cells</p>";
    }

    private static String path(BitSet cells) {
        StringBuilder path = new StringBuilder();
        cells.stream()
                .forEach(i -> path.append('M')
                        .append(i % WIDTH)
                        .append(' ')
                        .append(i / WIDTH)
                        .append("h1v1h-1z"));
        return path.toString();
    }
}
