package dev.carillon.page;

import java.util.List;
import java.util.Optional;

/** Files that the browser sends with an action, by a button of {@link Action#uploadButton}. */
public interface Upload {
    String name();

    /** The attributes {@code type}, {@code form}, {@code name}, {@code id}, {@code accept} and {@code multiple} of an {@code <input>} for the files. */
    String field();

    /** How much of the request has arrived, from 0 to 100. Of this tab; its views are rendered again while the files arrive. */
    Signal<Integer> progress();

    /**
     * The files of the action that runs; they are removed when it ends.
     *
     * @throws IllegalStateException outside of an action
     */
    List<UploadedFile> files();

    /** The first file of the action that runs; empty: the user chose none. */
    default Optional<UploadedFile> file() {
        return files().stream().findFirst();
    }
}
