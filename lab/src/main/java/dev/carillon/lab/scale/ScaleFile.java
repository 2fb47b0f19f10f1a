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

    private final Path file;

    public ScaleFile(Path file) {
        this.file = file;
    }

    /** Removes the results of an earlier sweep. */
    public void clear() {
        try {
            Files.writeString(file, "");
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Reads the results. A last line without an end is left out, because its writer was killed.
     *
     * @throws LabException if the file is no file of a sweep
     */
    public List<PointResult> read() {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw LabException.misused("resume: " + file + ": must have at most " + MAX_BYTES + " bytes");
            }
            String text = Files.readString(file, StandardCharsets.UTF_8);
            int end = text.lastIndexOf('\n') + 1;
            if (end < text.length()) {
                // What is appended next begins on a line of its own.
                Files.writeString(file, text.substring(0, end));
            }
            List<PointResult> results = new ArrayList<>();
            List<String> lines = text.substring(0, end).lines().toList();
            for (int i = 0; i < lines.size(); i++) {
                results.add(parse(lines.get(i), i + 1));
            }
            return results;
        } catch (IOException e) {
            throw LabException.misused("resume: " + file + ": cannot be read as text in UTF-8");
        }
    }

    private PointResult parse(String line, int number) {
        try {
            return JSON.readValue(line, PointResult.class);
        } catch (JsonProcessingException e) {
            throw LabException.misused(
                    "resume: " + file + ": line " + number + ": must be a result of bench scale of this version");
        }
    }

    public void append(PointResult result) {
        try {
            Files.writeString(
                    file, JSON.writeValueAsString(result) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private LabException failed(IOException e) {
        return LabException.failed("json: " + file + ": cannot be written: " + e.getMessage());
    }
}
