package dev.carillon.proxy.files;

/** Text of a configuration file, made of blocks of lines. */
final class Lines {
    private final StringBuilder text = new StringBuilder();

    /** Adds a block of lines, with the last line end if it lacks. */
    Lines add(String block) {
        text.append(block);
        if (!block.endsWith("\n")) {
            text.append('\n');
        }
        return this;
    }

    Lines addIf(boolean condition, String block) {
        return condition ? add(block) : this;
    }

    String text() {
        return text.toString();
    }

    /** The first lines of every file. */
    Lines head(Product product, Version version) {
        return add("""
                # %s %s or newer, in front of Carillon nodes. Written by "./carillon proxy-config %s"; to change
                # nodes or options, write it again.
                """.formatted(product.title(), version, product.id()));
    }
}
