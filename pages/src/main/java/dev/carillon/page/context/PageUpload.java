package dev.carillon.page.context;

import dev.carillon.page.Action;
import dev.carillon.page.Signal;
import dev.carillon.page.Upload;
import dev.carillon.page.UploadRule;
import dev.carillon.page.UploadedFile;
import dev.carillon.page.request.RequestState;
import dev.carillon.page.signal.TabSignal;
import java.util.List;

/** An input of a page for files. */
public record PageUpload(String name, UploadRule rule, TabSignal<Integer> percent) implements Upload {
    @Override
    public String field() {
        return "type=\"file\" form=\"" + Action.FORM + "\" id=\"field-" + name + "\" name=\"" + name + "\""
                + (rule.types().isEmpty() ? "" : " accept=\"" + String.join(",", rule.types()) + "\"")
                + (rule.maxFiles() > 1 ? " multiple" : "");
    }

    @Override
    public Signal<Integer> progress() {
        return percent;
    }

    @Override
    public List<UploadedFile> files() {
        return RequestState.current("files").files(name);
    }
}
