package dev.carillon.lab.scale;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.lab.LabException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** The results of a sweep as lines of JSON, one for each point, written when the point is complete: the file is valid at any time. */
public final class ScaleFile {
    private static final long MAX_BYTES = 20_000_000;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final String option;
    private final Path file;

    /** @param option that names the file, for messages */
    public ScaleFile(String option, Path file) {
        this.option = option;
        this.file = file;
    }

    /**
     * Checks that a new sweep loses no results of an earlier one.
     *
     * @throws LabException if the file has content
     */
    public void mustBeEmpty() {
        if (file.toFile().length() > 0) {
            throw misused("must be a new or an empty file; --resume continues the sweep of a file");
        }
    }

    /** Creates the file unless it exists. */
    public void create() {
        write("");
    }

    /**
     * Reads the results; changes nothing. A last line without an end is left out, because its writer was killed.
     *
     * @throws LabException if the file is no file of a sweep
     */
    public List<PointResult> read() {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw misused("must have at most " + MAX_BYTES + " bytes");
            }
            String text = Files.readString(file, StandardCharsets.UTF_8);
            List<PointResult> results = new ArrayList<>();
            List<String> lines =
                    text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
            for (int i = 0; i < lines.size(); i++) {
                results.add(parse(lines.get(i), i + 1));
            }
            return results;
        } catch (IOException e) {
            throw misused("cannot be read as text in UTF-8");
        }
    }

    /** Removes a last line without an end, so that the next result begins on a line of its own. */
    public void removeIncompleteLine() {
        try {
            String text = Files.readString(file, StandardCharsets.UTF_8);
            int end = text.lastIndexOf('\n') + 1;
            if (end < text.length()) {
                Files.writeString(file, text.substring(0, end));
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private PointResult parse(String line, int number) {
        try {
            return JSON.readValue(line, PointResult.class);
        } catch (JsonProcessingException e) {
            throw misused("line " + number + ": must be a result of bench scale of this version");
        }
    }

    public void append(PointResult result) {
        try {
            write(JSON.writeValueAsString(result) + "\n");
        } catch (JsonProcessingException e) {
            throw failed(e);
        }
    }

    private void write(String text) {
        try {
            Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private LabException misused(String rule) {
        return LabException.misused(option + ": " + file + ": " + rule);
    }

    private LabException failed(IOException e) {
        return LabException.failed(option + ": " + file + ": cannot be written: " + e.getMessage());
    }
}
